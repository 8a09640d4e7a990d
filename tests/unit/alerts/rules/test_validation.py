"""Faults of rules.yaml: each is reported with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.detectors import KINDS
from alerts.rules.loading import load_rules, parse_rules
from core.errors import ConfigError
from tests.support.rulestext import MINIMAL, faults, only


def test_two_rules_of_one_name_are_named_with_the_second_ones_line() -> None:
    text = MINIMAL + '  - name: one\n    series: ["all"]\n    detector: volume\n'
    assert faults(text) == ["rules.yaml:6: rules.1.name: two rules are called 'one' (the first is rules.0)"]


def test_an_immediate_rule_may_not_take_a_window_rules_name() -> None:
    text = MINIMAL + "immediate:\n  - {name: one, topics: [energy]}\n"
    assert faults(text)[0].startswith("rules.yaml:7: immediate.0.name: two rules are called 'one'")


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        ('series: ["topic:*"]', 4, None),
        ('series: ["topic:nonsense"]', 4, "no topic is called 'nonsense'"),
        ('series: ["entity:{US:A"]', 4, "{ without its }"),
        ('series: ["company AAPL"]', 4, "bad glob"),
        ('series: [""]', 4, "bad glob"),
        ("series: 7", 4, "valid list"),
        ('series: ["all"]\n    metric: mood', 5, "metric"),
        (
            'series: ["all"]\n    metric: publishers',
            5,
            "negative_share watches negative_share and nothing else",
        ),
        ('series: ["all"]\n    threshold: 0', 5, "expected more than 0"),
        ('series: ["all"]\n    threshold: -2', 5, "expected more than 0"),
        ('series: ["all"]\n    window: soon', 5, "not a span of time"),
        ('series: ["all"]\n    window: 10s', 5, "between 1m and 60d"),
        ('series: ["all"]\n    budget: 0', 5, "greater than 0"),
        ('series: ["all"]\n    budget: many/week', 5, "expected a rate"),
        ('series: ["all"]\n    budget: .nan', 5, "budget"),
        ('series: ["all"]\n    watch_list: banks', 5, "no watch-list is called 'banks'; known: none"),
        ('series: ["all"]\n    colour: red', 5, "unknown key"),
        ('series: ["all"]\n    minimum:\n      stories: -1', 6, "minimum.stories"),
        ('series: ["all"]\n    severities: {low: 2, high: 1}', 5, "severities"),
        ('series: ["all"]\n    severities: {low: 1, urgent: 2}', 5, "severities"),
        ('series: ["all"]\n    series: ["all"]', 5, "stands twice"),
    ],
)
def test_each_fault_names_file_and_line(change: str, line: int, words: str | None) -> None:
    text = MINIMAL.replace('series: ["topic:*"]', change)
    if words is None:
        parse_rules(text, "rules.yaml")
        return
    told = faults(text)
    assert any(fault.startswith(f"rules.yaml:{line}: ") and words in fault for fault in told), told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("window: .inf", "not a span of time"),
        ("window: .nan", "not a span of time"),
        ("window: [1h]", "not a span of time"),
        ("window: 2024-01-01", "not a span of time"),
        ("window: " + "9" * 400 + "d", "not a span of time"),
        ("detector: {kind: volume, memory_days: 0}", "detector.memory_days: expected more than 0"),
        ("detector: {kind: volume, memory_days: -1}", "detector.memory_days: expected more than 0"),
        ("detector: {kind: volume, memory_days: .nan}", "detector.memory_days: expected more than 0"),
        ("detector: {kind: volume, memory_days: .inf}", "detector.memory_days: expected more than 0"),
        ("detector: {kind: volume, warmup_stories: -5}", "detector.warmup_stories: expected 0 or more"),
        ("detector: {kind: volume, warmup_hours: .nan}", "detector.warmup_hours: expected 0 or more"),
        ("detector: {kind: volume, incident_weight: 7}", "detector.incident_weight: expected a share"),
        ("detector: {kind: volume, incident_weight: 0}", "detector.incident_weight: expected a share"),
        ("detector: {kind: mean_shift, shift: 0}", "detector.shift: expected more than 0"),
        ("detector: {kind: mean_shift, fade_days: 0}", "detector.fade_days: expected more than 0"),
        ("detector: {kind: drift, recent_days: 0}", "detector.recent_days: expected more than 0"),
        ("detector: {kind: silence, give_up_days: -1}", "detector.give_up_days: expected more than 0"),
        ("detector: {kind: language_divergence, minimum: 0}", "detector.minimum: expected 1 or more"),
        ("detector: {kind: volume, calendar: XXXX}", "detector.calendar: unknown exchange calendar 'XXXX'"),
    ],
)
def test_what_no_detector_could_run_with_is_a_fault_and_no_crash(change: str, words: str) -> None:
    text = MINIMAL
    if change.startswith("detector"):
        text = text.replace("    detector: negative_share\n", "")
    (told,) = faults(text + f"    {change}\n")
    assert told.startswith("rules.yaml:") and words in told


def test_every_parameter_of_every_kind_has_a_range() -> None:
    from dataclasses import fields

    from alerts.rules.validation import RANGES

    known = {field.name for kind in KINDS.values() for field in fields(kind.params)}
    assert known - {"direction", "calendar", "metric"} == set(RANGES)


def test_an_unknown_detector_or_parameter_is_named() -> None:
    kind = "detector: negative_share"
    assert only(MINIMAL.replace(kind, "detector: {kind: volume, memory_days: 7}")).params["memory_days"] == 7
    assert "no detector is called 'sorge'; known: " in faults(MINIMAL.replace(kind, "detector: sorge"))[0]
    assert (
        "rules.yaml:5: rules.0.detector.memory: unknown parameter of volume"
        in (faults(MINIMAL.replace(kind, "detector: {kind: volume, memory: 7}"))[0])
    )
    assert (
        "memory_days: input should be a valid number"
        in (faults(MINIMAL.replace(kind, "detector: {kind: volume, memory_days: long}"))[0])
    )


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_rules(tmp_path / "rules.yaml")


@pytest.mark.parametrize("text", ["", "rules: []", "# nothing\n"])
def test_no_rules_are_no_fault(text: str) -> None:
    assert parse_rules(text, "rules.yaml").rules == ()


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        ('    exclude: ["**"]\n', 6, "excludes all that the rule watches"),
        ('    exclude: ["topic:*"]\n', 6, "excludes all that the rule watches"),
        ("    hold: 400d\n", 6, "expected a span of at most 60d"),
        ("    resolve: {after: 999d}\n", 6, "expected a span of at most 60d"),
        ("    window: 90d\n", 6, "expected a span between 1m and 60d"),
        ("notify: {again: {first: 0s}}\n", 6, "expected a span between 1m and 60d"),
        ("notify: {again: {most: 0s}}\n", 6, "expected a span between 1m and 60d"),
        ("notify: {again: {first: 2h, most: 1h}}\n", 6, "`most` is less than `first`"),
        ("notify: {escalate: [{after: 0s, to: [mail]}]}\n", 6, "expected a span between 1m and 60d"),
        ("inhibit: [{by: {rule: nosuchrule}, what: {rule: one}}]\n", 6, "no rule is called 'nosuchrule'"),
        ("inhibit: [{by: {rule: onee}, what: {}}]\n", 6, "did you mean one?"),
        (
            "maintenance: [{name: m, what: {rule: tow}, weekly: Sat 22:00 - Sun 04:00, reason: work}]\n",
            6,
            "no rule is called 'tow'",
        ),
        (
            "maintenance: [{name: m, weekly: Sat 22:00 - Sat 24:30, reason: work}]\n",
            6,
            "no such time: Sat 24:30",
        ),
        (
            'outages: [{name: o, kind: source_silent, exclude: ["*"]}]\n',
            6,
            "excludes all that the rule watches",
        ),
    ],
)
def test_what_could_do_nothing_or_too_much_is_a_fault(change: str, line: int, words: str) -> None:
    (said,) = faults(MINIMAL + change)
    assert said.startswith(f"rules.yaml:{line}: ") and words in said


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("metric: mean_sentiment, direction: up, threshold: -0.2", None),
        ("metric: mean_sentiment, direction: down, threshold: 0.4", None),
        ("metric: negative_share, direction: down, threshold: -0.1", None),
        ("metric: stories, direction: down, threshold: -4", None),
        ("metric: publishers, threshold: 40", None),
        ("metric: negative_share, threshold: 40", "lies between 0 and 1"),
        ("metric: negative_share, threshold: -0.1", "lies between 0 and 1"),
        ("metric: negative_share, direction: down, threshold: 0.2", "below 0.2 is written -0.2"),
        ("metric: mean_sentiment, threshold: 0", "and not 0"),
        ("metric: mean_sentiment, threshold: 1.2", "lies between -1 and 1"),
        ("metric: mean_sentiment, direction: both, threshold: -0.2", "lies between 0 and 1"),
        ("detector: {kind: static, metric: stories}, metric: publishers, threshold: 4", "set it once"),
        ("detector: {kind: volume, direction: down}, direction: up", "set it once"),
    ],
)
def test_a_threshold_that_can_never_be_passed_or_left_is_refused(said: str, fault: str | None) -> None:
    text = f'rules:\n  - {{name: one, series: ["all"], {said}}}\n'
    if fault is None:
        assert only(text).threshold is not None
    else:
        assert [one for one in faults(text) if one.startswith("rules.yaml:2: ") and fault in one]


@pytest.mark.parametrize("text", ["rules: " + "[" * 5_000, "rules: " + "{a: " * 5_000 + "1" + "}" * 5_000])
def test_what_is_nested_beyond_reading_is_told_in_a_plain_sentence(text: str) -> None:
    (told,) = faults(text)
    assert told == "rules.yaml:1: lists or mappings within each other, too deep to be read"
