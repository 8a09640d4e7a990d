"""How far a rule has learned is told from the store; fits of another statistic than the code's are not used."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from alerts.detectors import KINDS
from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.watermark import Watermark
from alerts.evidence.schema import Pack
from alerts.evidence.verify.derivation import verify_pack
from alerts.interfaces.cli import rules as cli_rules
from alerts.rules.loading import parse_rules
from alerts.rules.model import RuleSet
from alerts.storage import persist, restore
from alerts.storage.learning import LearningStatus, learning_status
from alerts.testing import scored
from alerts.thresholds.fit import Fit, FitBasis
from core import tables
from core.errors import ConfigError
from core.records import Marker
from core.store import Store
from core.times import DAY, HOUR, MINUTE, WEEK, parse_iso

MONDAY = parse_iso("2024-01-01T00:00:00Z")
TEXT = """
rules:
  - {name: busy, series: ["topic:energy"], window: 3h, detector: {kind: volume, calendar: none}, budget: 0.01/week}
  - {name: sliding, series: ["topic:energy"], window: 3h, detector: {kind: drift, calendar: none}, budget: 0.01/week}
  - {name: fixed, series: ["topic:energy"], window: 3h, threshold: 0.99, minimum: {stories: 20}}
  - {name: elsewhere, series: ["topic:crypto"], window: 3h, detector: volume}
"""
RULES = parse_rules(TEXT, "rules.yaml")


def run(store: Store, days: int, rules: RuleSet = RULES) -> None:
    """A desk reads `days` of steady news and keeps what it decides."""
    rng = random.Random(1)
    desk = Desk(rules, runners_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE)
    number, at = 0, MONDAY
    while (at := at + round(rng.expovariate(2.0) * HOUR)) < MONDAY + days * DAY:
        number += 1
        desk.add(scored(number, at, negative=rng.choice([900, 6000])))
    desk.on_marker(0, Marker(writer="t", t=MONDAY + days * DAY))
    with store.write() as connection:
        more = True
        while more:
            more = desk.advance()
            assert not persist.save(connection, "main", desk, desk.effects())
        persist.save_progress(connection, "main", desk, {0: 1}, "t")


def told(store: Store, rules: RuleSet = RULES) -> dict[str, LearningStatus]:
    with store.read() as connection:
        return {rule.id: learning_status(connection, "main", rule, MINUTE) for rule in rules.rules}


def test_a_rule_that_never_ran_starts_without_a_past(sqlite_store: Store) -> None:
    assert {one.state for one in told(sqlite_store).values()} == {"new"}


def test_the_first_weeks_are_conservative_and_say_until_when(sqlite_store: Store) -> None:
    run(sqlite_store, 10)
    found = told(sqlite_store)
    busy = found["busy"]
    assert busy.state == "conservative" and busy.since is not None
    since = parse_iso(busy.since)
    assert MONDAY < since < MONDAY + 3 * DAY and 1.0 < busy.weeks < 1.5
    # Four weeks with data, then the fit of the next Monday, in force a day later.
    assert busy.until is not None and parse_iso(busy.until) == MONDAY + 5 * WEEK + DAY
    assert "conservative" in busy.describe() and "until 2024-02-06 at the earliest" in busy.describe()
    assert found["sliding"].state == "learning"  # drift asks for a fortnight
    assert found["fixed"].state == "fixed" and found["elsewhere"].state == "learning"


def test_after_its_weeks_a_rule_is_fitted(sqlite_store: Store) -> None:
    run(sqlite_store, 38)
    busy = told(sqlite_store)["busy"]
    assert busy.state == "fitted" and busy.weeks > 4.0 and busy.until is None
    assert busy.low is not None and busy.high is not None and busy.low < busy.high
    assert f"({busy.low:.2f} to {busy.high:.2f}) fitted" in busy.describe()
    with sqlite_store.read() as connection:
        fits = connection.execute(
            select(tables.fits.c.fit).where(tables.fits.c.rule.like("busy@%"))
        ).scalars()
        assert busy.threshold in [json.loads(fit)["threshold"] for fit in fits]


def test_another_version_of_a_rule_starts_anew(sqlite_store: Store) -> None:
    run(sqlite_store, 10)
    other = parse_rules(TEXT.replace("budget: 0.01/week", "budget: 0.02/week"), "rules.yaml")
    assert told(sqlite_store, other)["busy"].state == "new"


def test_what_another_version_found_is_no_history_of_this_one(sqlite_store: Store) -> None:
    """Somebody tries another version of a rule and goes back: its statistic is on another scale."""
    run(sqlite_store, 10)
    before = told(sqlite_store)["busy"]
    with sqlite_store.write() as connection:
        mine = [row for row in connection.execute(select(tables.findings)) if row.rule == "busy"]
        [version] = {row.rule_version for row in mine}
        assert version == next(rule.version for rule in RULES.rules if rule.id == "busy")
        odd = [
            row._asdict() | {"at": row.at + 10 * DAY, "statistic": 300.0, "rule_version": "tried"}
            for row in mine
        ]
        connection.execute(tables.findings.insert(), odd)
    assert told(sqlite_store)["busy"] == before
    # Of findings from before versions were kept nobody knows better.
    with sqlite_store.write() as connection:
        old = tables.findings.c.rule_version
        connection.execute(tables.findings.update().where(old == "tried").values(rule_version=None))
    assert told(sqlite_store)["busy"].weeks > before.weeks


def test_a_conservative_threshold_of_a_rule_with_history_is_not_called_fitted() -> None:
    how = "conservative tail; 15 peaks that reach far beyond it taken for incidents nobody disposed"
    assert Fit(3.7, FitBasis.CONSERVATIVE, how).conservative and not Fit(3.7, FitBasis.PEAKS, "").conservative
    words = LearningStatus("conservative", "2024-01-01T00:00:00Z", 8.0, 3.7, how).describe()
    assert "fitted" not in words and "15 peaks that reach far beyond it" in words and "until" not in words


def test_rules_list_says_it_where_the_store_is_at_hand(
    sqlite_store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(sqlite_store, 10)
    (tmp_path / "rules.yaml").write_text(TEXT)
    config = tmp_path / "newsquake.yaml"
    config.write_text(f'store: {{url: "sqlite:///{tmp_path}/store.db"}}\nalerts: {{rules: rules.yaml}}\n')
    cli_rules.list_rules(json=True, config=config)
    found = {one["id"]: one.get("learned") for one in json.loads(capsys.readouterr().out)["rules"]}
    assert found["busy"]["state"] == "conservative" and found["busy"]["until"].startswith("2024-02-06")
    cli_rules.list_rules(config=config)
    assert "nothing judged yet" in capsys.readouterr().out
    # No store: the list as ever, and nothing is made; asked for by name, it is a fault.
    nowhere = f"sqlite:///{tmp_path}/none/x.db"
    config.write_text(f'store: {{url: "{nowhere}"}}\nalerts: {{rules: rules.yaml}}\n')
    cli_rules.list_rules(config=config)
    assert "learned" not in capsys.readouterr().out and not (tmp_path / "none").exists()
    with pytest.raises(ConfigError, match="no such file"):
        cli_rules.list_rules(config=config, store=nowhere)
    # A file that is no store of ours is no reason to list no rules.
    for content in (b"", b"no database at all, only some words" * 100):
        (tmp_path / "odd.db").write_bytes(content)
        config.write_text(f'store: {{url: "sqlite:///{tmp_path}/odd.db"}}\nalerts: {{rules: rules.yaml}}\n')
        cli_rules.list_rules(config=config)
        assert "busy" in capsys.readouterr().out


def test_rules_check_says_it_too_and_needs_no_store(
    sqlite_store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(sqlite_store, 10)
    rules = tmp_path / "rules.yaml"
    rules.write_text(TEXT.replace("budget: 0.01/week", "budget: 0.02/week"))
    config = tmp_path / "newsquake.yaml"
    config.write_text(f'store: {{url: "sqlite:///{tmp_path}/store.db"}}\nalerts: {{rules: rules.yaml}}\n')
    cli_rules.check(config=config)
    said = capsys.readouterr().out
    assert "nothing wrong" in said and "nothing judged yet" in said
    config.write_text(f'store: {{url: "sqlite:///{tmp_path}/none/x.db"}}\nalerts: {{rules: rules.yaml}}\n')
    cli_rules.check(config=config)
    assert capsys.readouterr().out.strip().endswith("nothing wrong") and not (tmp_path / "none").exists()


def test_a_new_statistic_is_another_version_and_says_that_old_fits_are_not_used(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(sqlite_store, 24)
    before = {rule.id: rule.version for rule in RULES.rules}
    monkeypatch.setitem(KINDS, "drift", replace(KINDS["drift"], statistic=KINDS["drift"].statistic + 1))
    rules = parse_rules(TEXT, "rules.yaml")
    after = {rule.id: rule.version for rule in rules.rules}
    assert {name for name in after if after[name] != before[name]} == {"sliding"}
    desk = Desk(rules, runners_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE)
    with capture_logs() as logs, sqlite_store.read() as connection:
        restore.load(connection, "main", desk)
    said: list[Any] = [one for one in logs if "learns again" in one["event"]]
    assert [(one["rule"], one["was"]) for one in said] == [("sliding", before["sliding"])]
    sliding = next(runner for runner in desk.runners if runner.rule.id == "sliding")
    assert len(sliding.threshold.fits) == 1 and sliding.threshold.fits[0][1].weeks == 0.0
    with capture_logs() as logs, sqlite_store.read() as connection:
        restore.load(connection, "main", Desk(RULES, runners_of(RULES, MINUTE), Watermark(1, MINUTE), MINUTE))
    assert not [one for one in logs if "learns again" in one["event"]]


def test_a_pack_of_an_earlier_statistic_is_unknown_and_not_called_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.unit.alerts.rules.test_sectors import packs

    pack: Pack = packs()[0]
    kind = KINDS["sector_divergence"]
    monkeypatch.setitem(KINDS, "sector_divergence", replace(kind, statistic=kind.statistic + 1))
    (check,) = [one for one in verify_pack(pack) if one.what == "detector's verdict"]
    assert check.verdict == "unknown" and f"statistic {kind.statistic} of sector_divergence" in check.detail
