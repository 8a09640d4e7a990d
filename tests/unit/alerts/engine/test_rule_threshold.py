"""A rule's threshold: its own, or fitted weekly from what it observed; all of it survives a restart."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import msgspec
import pytest

from alerts.engine import rule_threshold
from alerts.engine.rule_threshold import FittedThreshold, Interval, RuleThreshold
from alerts.testing import rule_set
from core.times import DAY, WEEK

FIXED = rule_set().rules[0]


@dataclasses.dataclass(frozen=True)
class Fit:
    threshold: float
    version: str = "v"

    def to_json(self) -> str:
        return str(self.threshold)


class Highest:
    """A budget that asks for more than was ever seen outside true alarms."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, float]] = []

    def initial(self) -> FittedThreshold:
        return Fit(9.0)

    def observe(self, at: int, series: str, statistic: float) -> None:
        self.seen.append((at, series, statistic))

    def fit(
        self, at: int, true_alarms: Sequence[Interval] = (), echoes: Sequence[Interval] = ()
    ) -> FittedThreshold:
        left_out = {series for series, _, _ in [*true_alarms, *echoes]}
        return Fit(1.0 + max(value for _, series, value in self.seen if series not in left_out))

    def dump(self) -> bytes:
        return msgspec.msgpack.encode(self.seen)

    def load(self, state: bytes) -> None:
        self.seen = [tuple(one) for one in msgspec.msgpack.decode(state)]


@pytest.fixture
def fitted() -> RuleThreshold:
    return RuleThreshold(dataclasses.replace(FIXED, threshold=None), Highest())


def test_a_rules_own_threshold_is_never_fitted() -> None:
    threshold = RuleThreshold(FIXED, None)
    threshold.observe(0, "a", 3.0)
    assert threshold.value(WEEK) == 0.5 and threshold.fit(WEEK) is None
    assert threshold.refit(WEEK, (), ()) is None and threshold.snapshot(WEEK) is None


def test_a_fit_is_in_force_a_day_later_and_the_one_before_it_until_then(fitted: RuleThreshold) -> None:
    assert fitted.value(0) == 9.0
    assert fitted.refit(WEEK, (), ()) is None, "nothing was observed"
    fitted.observe(0, "a", 3.0)
    assert fitted.refit(WEEK, (), ()) is not None and fitted.refit(WEEK, (), ()) is None
    assert (fitted.value(WEEK + DAY - 1), fitted.value(WEEK + DAY)) == (9.0, 4.0)


def test_true_alarms_and_their_echoes_are_left_out(fitted: RuleThreshold) -> None:
    for series, statistic in (("a", 3.0), ("b", 5.0), ("c", 7.0)):
        fitted.observe(0, series, statistic)
    fitted.refit(WEEK, [("c", 0, 1)], [("b", 0, 1)])
    assert fitted.value(WEEK + DAY) == 4.0


def test_a_snapshot_and_what_was_found_after_it_are_all_of_a_budget(
    fitted: RuleThreshold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_threshold, "SNAPSHOT_EVERY", 2)
    assert fitted.snapshot(0) is not None and fitted.snapshot(0) is None
    fitted.observe(1, "a", 3.0)
    assert fitted.snapshot(1) is None
    fitted.observe(2, "a", 4.0)
    snapshot = fitted.snapshot(2)
    assert snapshot is not None
    fitted.observe(3, "a", 5.0)
    other = RuleThreshold(dataclasses.replace(FIXED, threshold=None), Highest())
    assert other.restore_snapshot(snapshot) == 2
    other.observe_again(3, "a", 5.0)
    assert other.refit(WEEK, (), ()) == fitted.refit(WEEK, (), ())
