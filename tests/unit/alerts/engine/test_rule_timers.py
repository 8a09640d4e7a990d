"""A rule's timers: the latest time counts, what changed is kept once, what is past is dropped after a pause."""

from __future__ import annotations

from alerts.engine.rule_timers import RuleTimers


def test_only_the_latest_time_of_a_series_counts() -> None:
    timers = RuleTimers()
    timers.set("a", 5)
    timers.set("a", 9)
    assert timers.due == {"a": 9}
    timers.set("a", None)
    assert timers.due == {}


def test_changes_are_handed_out_once_and_load_restores_them() -> None:
    timers, other = RuleTimers(), RuleTimers()
    assert timers.changed() is None
    timers.set("b", 7)
    timers.set("a", 5)
    state = timers.changed()
    assert state is not None and timers.changed() is None
    other.load(state)
    assert other.due == {"a": 5, "b": 7} and other.changed() is None
    other.set("a", 5)
    assert other.changed() is None, "the same time again is no change"


def test_past_timers_are_dropped_by_name() -> None:
    timers = RuleTimers()
    for series, due in (("c", 3), ("a", 4), ("b", 5)):
        timers.set(series, due)
    timers.changed()
    assert timers.drop_until(4) == ["a", "c"] and timers.due == {"b": 5}
    assert timers.changed() is not None
