"""A pack's rule and fit are checked against those of the store."""

from __future__ import annotations

import dataclasses
import json

import msgspec
import pytest
from msgspec.structs import replace

from alerts.detectors import KINDS
from alerts.engine.assembly import runners_of
from alerts.evidence import schema
from alerts.rules.loading import parse_rules
from alerts.testing import START
from core.times import DAY, MINUTE, WEEK, iso
from tests.support.stored_alerts import FIRST, HELD, Copy, first, pack_of

FITTED = """
rules:
  - name: many
    series: ["topic:energy"]
    window: 1h
    detector: volume
    budget: 1/week
"""


def test_a_set_that_reads_otherwise_as_a_whole_still_shows_its_rule(store: Copy) -> None:
    """What is compared is the rule: a new release's defaults elsewhere in the file decided nothing."""
    alert = store.alert("share")
    other = HELD + "notify: {most_per_hour: 7}\n"
    store.do("UPDATE rule_sets SET source = :source", source=other)
    passed, told = store.verify(alert)
    assert passed and "ok   stored rules: set" in told
    store.do(
        "UPDATE rule_sets SET source = :source", source=other.replace("threshold: 2.0", "threshold: 2.5")
    )
    passed, told = store.verify(alert)
    assert passed and "  ?  stored rules: this version of newsquake reads set" in told
    about = other.replace("- name: share", "- name: share\n    about: other words")
    store.do("UPDATE rule_sets SET source = :source", source=about)
    assert any(one.startswith("stored rules: about") for one in store.bad(alert))


def test_a_rule_whose_statistic_is_computed_otherwise_now_is_still_the_stored_one(
    store: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert, kind = store.alert("share"), KINDS["negative_share"]
    monkeypatch.setitem(KINDS, "negative_share", dataclasses.replace(kind, statistic=kind.statistic + 1))
    passed, told = store.verify(alert)
    assert passed and "ok   stored rules: set" in told
    assert "  ?  detector's verdict: decided by statistic" in told


def test_a_fit_that_is_gone_is_said_to_be_gone(store: Copy) -> None:
    alert = store.alert("many")
    _, held = first(store, alert)
    pack = schema.load(held)
    assert pack.fit
    made = replace(pack, fit=json.dumps({**json.loads(pack.fit), "made_at": START}))
    store.do(
        f"UPDATE alert_lines SET evidence = :pack WHERE {FIRST}", pack=msgspec.json.encode(made), id=alert
    )
    _, told = store.verify(alert)
    assert f"  ?  stored fit: the one made at {iso(START)} is not in this store" in told


def test_another_rule_set_and_another_fit_are_found(store: Copy) -> None:
    alert = store.alert("many")
    pack = pack_of(store, alert)
    fit = json.dumps({**json.loads(pack["fit"]), "weeks": 9.0})
    store.do(
        "INSERT INTO fits (desk, rule, in_force_from, version, fit) VALUES ('main', :rule, 0, 'v', :fit)",
        rule=f"many@{pack['line']['rule_version']}", fit=fit,
    )  # fmt: skip
    assert any(one.startswith("stored fit: weeks: the pack says") for one in store.bad(alert))


def test_the_fit_of_weeks_ago_is_still_known_when_a_batch_is_written() -> None:
    (runner,) = runners_of(parse_rules(FITTED, "rules.yaml"), MINUTE)
    first = runner.threshold.fit(START)
    for week in range(4):
        runner.threshold.observe_again(START + week * WEEK, "topic:energy", 1.0 + week)
        assert runner.threshold.refit(START + (week + 1) * WEEK, (), ()) is not None
    assert runner.threshold.fit(START) is first and runner.threshold.fit(
        START + WEEK + DAY
    ) is not runner.threshold.fit(START + 2 * WEEK + DAY)


def test_a_pack_that_lost_its_fit_is_held_against_the_stores(store: Copy) -> None:
    alert = store.alert("many")
    pack = schema.load(first(store, alert)[1])
    lost = replace(pack, fit="", hop_articles=msgspec.UNSET)  # as an earlier release wrote it
    store.do(
        f"UPDATE alert_lines SET evidence = :pack WHERE {FIRST}", id=alert,
        pack=msgspec.json.encode(replace(lost, hash=schema.hash_of(lost))),
    )  # fmt: skip
    insert = (
        "INSERT INTO fits (desk, rule, in_force_from, version, fit) VALUES ('main', :rule, :at, 'v', :fit)"
    )
    rule = f"many@{pack.line.rule_version}"
    store.do(insert, rule=rule, at=0, fit=pack.fit)
    told = store.verify(alert)[1]
    assert "  ?  threshold: the pack holds no fit" in told and "has the pack's threshold" in told
    store.do(insert, rule=rule, at=1, fit=json.dumps({**json.loads(pack.fit), "threshold": 99.0}))
    assert any(one.startswith("stored fit: threshold: the pack says") for one in store.bad(alert))
