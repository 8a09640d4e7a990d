"""A rule at work: its detector gets what the rule says; the minimum of evidence; what may be skipped."""

from __future__ import annotations

import dataclasses

import pytest

from alerts.detectors import KINDS, DetectorContext
from alerts.engine.rule_runner import RuleRunner, detector_of
from alerts.records import Window
from alerts.rules.loading import parse_rules
from alerts.testing import rule_set
from alerts.windows.observations import Observation
from alerts.windows.recent_panes import RecentPanes
from alerts.windows.rolling import measure
from core.errors import ConfigError
from core.times import HOUR, MINUTE


def runner_of(text: str) -> RuleRunner:
    return RuleRunner(parse_rules(f"rules:\n  - {text}\n", "rules.yaml").rules[0], MINUTE)


def test_direction_and_metric_of_the_rule_are_the_detectors() -> None:
    rule = parse_rules(
        'rules:\n  - {name: a, series: ["all"], metric: stories, threshold: 3}\n', "rules.yaml"
    ).rules[0]
    window = Window("all", 0, HOUR, 5, 4, 3)
    assert detector_of(rule, DetectorContext()).step(window, window).statistic == 4.0


def test_an_unknown_kind_is_an_error_and_never_silence() -> None:
    rule = dataclasses.replace(rule_set().rules[0], detector="sonar")
    with pytest.raises(ConfigError, match="sonar"):
        RuleRunner(rule, MINUTE)


def test_what_a_kind_declares_is_what_its_runner_does() -> None:
    assert runner_of('{name: a, series: ["all"], window: 3h, detector: negative_share}').evaluates_early
    assert not runner_of('{name: a, series: ["all"], window: 3h, detector: volume}').evaluates_early
    assert not runner_of('{name: a, series: ["all"], window: 10m, detector: negative_share}').evaluates_early
    silence = runner_of('{name: a, series: ["source:*"], window: 3h, detector: silence}')
    assert not silence.may_skip_few("source:x") and KINDS["silence"].traits.detects_absence
    assert runner_of('{name: a, series: ["all"], window: 3h, detector: drift}').may_skip_few("all")


def test_early_only_for_what_could_raise_the_statistic() -> None:
    worse = runner_of('{name: a, series: ["all"], window: 3h, detector: negative_share}')
    other = runner_of('{name: a, series: ["all"], window: 3h, detector: negative_share, direction: both}')
    good, bad = Window("all", 0, MINUTE, 1, 1, 1, 1, 0), Window("all", 0, MINUTE, 1, 1, 1, 1, 1)
    assert (worse.wants_early(good), worse.wants_early(bad), other.wants_early(good)) == (False, True, True)


def test_evidence_is_counted_article_by_article_only_where_the_figures_do_not_settle_it() -> None:
    class Unread(RecentPanes):
        def observations(self, series: str, start: int, end: int) -> list[Observation]:
            raise AssertionError("the figures settle it")

    plain = RuleRunner(rule_set(stories=3).rules[0], MINUTE)
    enough, few = Window("all", 0, HOUR, 3, 3, 3), Window("all", 0, HOUR, 9, 2, 3)
    assert plain.has_evidence(enough, Unread()) and not plain.has_evidence(few, Unread())
    broad = RuleRunner(rule_set(stories=1, negative_publishers=2).rules[0], MINUTE)
    held = [Observation(0, str(n), "s", "p", "x", 1, -1, 0) for n in range(3)]
    windows = RecentPanes()
    windows.add("all", 0, held)
    assert not broad.has_evidence(measure("all", 0, HOUR, held), windows), "one publisher is not two"
