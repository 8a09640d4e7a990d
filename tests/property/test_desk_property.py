"""Whatever the order within the lateness, the batches and the restarts: the same alerts, byte for byte."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.watermark import Watermark
from alerts.interfaces.export import alert_lines
from alerts.rules.loading import parse_rules
from alerts.storage import persist, restore
from alerts.testing import RULES, START, drive, end_marker, lines, scored, share_runners
from core.records import Marker
from core.settings import StoreSettings
from core.store import open_store
from core.times import DAY, MINUTE

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""No shrinking: a stream follows from one seed, which says it all."""
TEXT = (
    RULES.format(window="15m", kind="negative_share", stories=2, publishers=1, hold="3m", after="5m", more="")
    + """
  - name: fitted
    series: ["all", "topic:*", "entity:*"]
    window: 1h
    metric: negative_share
    detector: {kind: negative_share, warmup_stories: 3}
    minimum: {stories: 2}
    budget: 50/week
  - name: volume
    series: ["entity:*", "source:*"]
    window: 1h
    metric: stories
    detector: {kind: volume, warmup_stories: 3, warmup_hours: 1}
    minimum: {stories: 2}
    budget: 100/week
  - name: broad
    series: ["all", "entity:*"]
    window: 3h
    detector: {kind: volume, warmup_stories: 3, warmup_hours: 1}
    minimum: {articles: 5, stories: 3, publishers: 2, negative_publishers: 1, stories_beside_one: 2}
    budget: 100/week
  - name: quiet
    series: ["source:*"]
    window: 1h
    metric: stories
    detector: {kind: silence, warmup_stories: 3, warmup_hours: 1}
    minimum: {stories: 0}
    resolve: {below: 0.5, after: 0s}
    budget: 50/week
immediate:
  - name: one
    entities: ["US:A"]
    min_probability: 0.85
"""
)
RULESET = parse_rules(TEXT, "property")


def runners(rules, pane_ms):
    """The first rule with the test's own detector, the others as in production."""
    return [share_runners(rules, pane_ms)[0], *runners_of(rules, pane_ms)[1:]]


def fresh() -> Desk:
    return Desk(RULESET, runners(RULESET, MINUTE), Watermark(1, MINUTE), MINUTE)


@st.composite
def streams(draw):
    """Articles in order of time: bursts, gaps of minutes to weeks, copies, revisions, two languages."""
    rng = random.Random(draw(st.integers(0, 10**9)))
    at, found = START, []
    for number in range(draw(st.integers(5, 60))):
        at += rng.choice(
            [0, 500, 7_000, 20_000, 61_000, 300_000, 3_600_000, 20 * DAY if rng.random() < 0.05 else 0]
        )
        kind = rng.random()
        twin = rng.randrange(number) if number and kind < 0.1 else number
        found.append(
            scored(
                twin,
                at,
                negative=rng.choice([500, 5_000, 9_000, 9_500]),
                entities=rng.choice([(), ("US:A",), ("US:B", "CN:1")]),
                language=rng.choice(["en", "zh"]),
                revision=str(number),
                signature=rng.choice([None, "0f" * 16]),
                title=rng.choice(["", "Bank run in Lyon", "里昂银行挤兑"]),
                abstained=rng.random() < 0.1,
                publisher=rng.choice(["a", "b", "c", ""]),
            )
        )
    return found


def with_twins(desk, articles):
    """What the worker finds in the store: ids that have several revisions."""
    ids = [one.article.id for one in articles]
    for name in {name for name in ids if ids.count(name) > 1}:
        desk.deduplicator.flag(name, None)


def end(articles):
    return end_marker(articles[-1].article.available_at + 10 * DAY)


def reference(articles) -> bytes:
    desk = fresh()
    with_twins(desk, articles)
    return lines(drive(desk, [*articles, end(articles)], chunk=10**6))


def shuffled(articles, rng):
    """An arrival order within the lateness: an article comes at most a lateness after its time, markers say so."""
    arrivals = sorted((one.article.available_at + rng.randrange(MINUTE), n) for n, one in enumerate(articles))
    records = []
    for arrived, number in arrivals:
        records.append(articles[number])
        if rng.random() < 0.5:
            # what is still to come has available_at > arrived - lateness: the marker may say T = arrived
            records.append((0, Marker(writer="w", t=arrived)))
    return records


@settings(max_examples=25, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(streams(), st.integers(0, 10**9), st.integers(1, 40))
def test_any_interleaving_within_lateness_and_any_batch_size_gives_the_same_alerts(articles, seed, chunk):
    desk = fresh()
    with_twins(desk, articles)
    records = [*shuffled(articles, random.Random(seed)), end(articles)]
    assert lines(drive(desk, records, chunk=chunk)) == reference(articles)


@settings(max_examples=10, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(streams(), st.integers(0, 10**9), st.integers(1, 20))
def test_restart_at_any_moment_gives_the_same_alerts(tmp_path_factory, articles, seed, chunk):
    rng = random.Random(seed)
    records = [*shuffled(articles, rng), end(articles)]
    store = open_store(StoreSettings(url=f"sqlite:///{tmp_path_factory.mktemp('s')}/store.db"))
    try:
        _through_restarts(store, records, chunk, rng)
        assert b"".join(alert_lines(store, "d")) == reference(articles)
    finally:
        store.close()


def _through_restarts(store, records, chunk, rng):
    from alerts.storage import intake
    from core.records import ScoredArticle

    desk = fresh()
    for start in range(0, len(records), chunk):
        if rng.random() < 0.6:  # killed: everything in memory is gone
            desk = fresh()
            with store.read() as connection:
                restore.load(connection, "d", desk)
        more = True
        batch = records[start : start + chunk]
        while more:
            articles = [one for one in batch if isinstance(one, ScoredArticle)]
            with store.write() as connection:
                taken = {
                    (one.scored.article.id, one.scored.article.revision): one
                    for one in intake.store_batch(connection, "d", articles, durable=True)
                }
                for record in batch:
                    if isinstance(record, tuple):
                        desk.on_marker(*record)
                    elif one := taken.pop((record.article.id, record.article.revision), None):
                        if one.other_revisions:
                            desk.deduplicator.flag(record.article.id, one.counted_at)
                        desk.add(one.scored)
                more = desk.advance(rng.choice([1, 3, 1000]))
                persist.save(connection, "d", desk, desk.effects())
                persist.save_progress(connection, "d", desk, {0: start}, "t")
            batch = []
            if more and rng.random() < 0.2:
                desk = fresh()
                with store.read() as connection:
                    restore.load(connection, "d", desk)


@pytest.mark.parametrize("seed", range(3))
def test_the_streams_do_raise_alerts(seed):
    """Or the tests above would compare nothing with nothing."""
    rng = random.Random(seed)
    articles = [
        scored(
            n, START + n * rng.randrange(1_000, 20_000) + n * 1_000, negative=rng.choice([500, 9_000, 9_500])
        )
        for n in range(60)
    ]
    assert reference(sorted(articles, key=lambda one: one.article.available_at))
