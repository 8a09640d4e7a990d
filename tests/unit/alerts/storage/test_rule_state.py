"""Somebody tries another version of a rule for a week and goes back: nothing is decided in the past, nothing false."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.watermark import Watermark
from alerts.rules.loading import parse_rules
from alerts.rules.model import RuleSet
from alerts.storage import intake, persist, restore, retire
from alerts.testing import START, scored
from core import tables
from core.records import Marker, ScoredArticle
from core.store import Store
from core.times import DAY, HOUR, MINUTE, iso, parse_iso
from tests.support.worker_runs import send, work

QUIET = """
rules:
  - name: tried
    series: ["source:*"]
    window: 1h
    detector: {{kind: silence, warmup_stories: 3, warmup_hours: 1}}
    minimum: {{stories: 0}}
    resolve: {{below: 0.5, after: 0s}}
    threshold: {threshold}
"""
SHARE = """
rules:
  - name: tried
    series: ["entity:*"]
    window: 1h
    detector: {{kind: negative_share, warmup_stories: 3}}
    minimum: {{stories: 2}}
    resolve: {{below: 0.5, after: 6h}}
    threshold: {threshold}
"""


def _run(store: Store, rules: RuleSet, articles: list[ScoredArticle], until: int) -> list[tuple[str, int]]:
    """(state, when it was decided) of what a desk that starts again on the store decides; it may rest at any moment."""
    desk = Desk(rules, runners_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE)
    with store.read() as connection:
        restore.load(connection, "d", desk)
    with store.write() as connection:
        retire.retire_alerts(connection, "d", desk)
    found, before = [], desk.closed
    with store.write() as connection:
        for one in intake.store_batch(connection, "d", articles, durable=True):
            desk.add(one.scored)
        desk.on_marker(0, Marker(writer="w", t=until))
        more = True
        while more:
            more = desk.advance(1)
            assert desk.closed >= before, "event time went back"
            before = desk.closed
            effects = desk.effects()
            found += [(change.line.state, parse_iso(change.line.decided_at)) for change in effects.changes]
            persist.save(connection, "d", desk, effects)
        persist.save_progress(connection, "d", desk, {0: 1}, "t")
    return found


def _news(start: int, end: int, negative: int) -> list[ScoredArticle]:
    return [
        scored(at // MINUTE, at, negative=negative, entities=["US:A"])
        for at in range(start, end, 10 * MINUTE)
    ]


@pytest.mark.parametrize(
    ("text", "one", "other"), [(QUIET, 2, 3), (SHARE, 0.2, 0.3)], ids=["silence", "share"]
)
def test_a_version_that_comes_back_decides_nothing_in_the_past(
    sqlite_store: Store, text: str, one: float, other: float
) -> None:
    first, second = (parse_rules(text.format(threshold=value), "r") for value in (one, other))
    trouble, away, back = START + 3 * DAY, START + 3 * DAY + 4 * HOUR, START + 10 * DAY
    _run(sqlite_store, first, _news(START, trouble, 500) + _news(trouble, trouble + 3 * HOUR, 9_500), away)
    _run(sqlite_store, second, _news(away + 2 * MINUTE, back, 500), back)
    found = _run(sqlite_store, first, _news(back + 2 * MINUTE, back + DAY, 500), back + DAY)
    assert all(at > back for _, at in found)
    if text == QUIET:  # it spoke all the time, whoever listened
        assert not found
    # and it is heard of again from now on
    quiet = _run(sqlite_store, first, _news(back + 4 * DAY, back + 4 * DAY + HOUR, 500), back + 5 * DAY)
    if text == QUIET:
        assert "firing" in [state for state, _ in quiet]


FITTED = """
rules:
  - {name: busy, series: [all], window: 3h, detector: {kind: negative_share, warmup_stories: 5}, budget: 1/week}
"""


def test_each_new_fit_is_in_the_audit_log(bus, store):
    articles = [scored(n, START + n * HOUR, negative=9_000 if n % 3 else 1_000) for n in range(9 * 24)]
    send(bus, *articles, Marker(writer="w", t=START + 9 * DAY, end=True))
    work(bus, store, rules=parse_rules(FITTED, "rules.yaml"), make_runners=runners_of)
    with store.read() as connection:
        made = connection.execute(select(tables.fits)).all()
        kept = connection.execute(select(tables.audit).where(tables.audit.c.action == "rule.fit")).all()
    assert made and [row.subject for row in kept] == [row.rule for row in made]
    told = json.loads(kept[0].detail)
    assert (
        told["threshold"] > 1
        and told["version"] == made[0].version
        and {"low", "high", "method"} <= set(told)
    )
    assert told["in_force_from"] == iso(made[0].in_force_from)
