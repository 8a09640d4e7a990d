"""Bursts are detected, busy days and a new normal are not."""

from __future__ import annotations

from core.times import DAY, HOUR
from tests.support.detecting import START, detector, highest, rarely, step_through


def test_a_burst_is_seen_and_a_busy_day_after_a_quiet_night_is_not() -> None:
    def rate(series: str, at: int) -> tuple[float, float]:
        awake = 6.0 if 8 <= (at // HOUR) % 24 < 20 else 0.5
        return (awake * 5 if at > START + 20 * DAY + 12 * HOUR else awake), 0.2

    found = step_through(detector("volume"), ["a"], 20.7, rate)
    assert highest(found["a"], 7, 20.5) < 4.2 < 5.0 < highest(found["a"], 20.5, 20.7)


def test_a_jump_to_a_new_normal_fires_and_then_stops_firing() -> None:
    found = step_through(
        detector("volume", memory_days=7),
        ["a", "b"],
        60,
        lambda s, at: (12.0 if s == "a" and at > START + 21 * DAY else 3.0, 0.2),
    )
    assert highest(found["a"], 21, 22) > 4.0 and rarely(found["a"], 45)
    shares = step_through(
        detector("negative_share", memory_days=7),
        ["a", "b"],
        60,
        lambda s, at: (4.0, 0.7 if s == "a" and at > START + 21 * DAY else 0.2),
    )
    assert highest(shares["a"], 21, 23) > 3.0
    assert rarely(shares["a"], 45)


def test_an_hour_of_which_one_day_was_heard_says_nothing_yet() -> None:
    # The wire of 1987: a Thursday afternoon, a day missing from the archive, a Sunday, and an ordinary Monday morning.
    def wire(_: str, end: int) -> tuple[float, float]:
        day, hour = (end - 1 - START) // DAY, (end - 1 - START) % DAY // HOUR
        if day == 3:
            return (60.0 if hour >= 15 else 0.0), 0.2
        return {6: 2.0, 7: 25.0, 8: 25.0}.get(day, 0.0), 0.2

    found = step_through(detector("volume"), ["all"], 9, wire)["all"]
    assert highest(found, 7, 7.5) == 0.0  # the first Monday morning
    assert any(v.enough for end, v in found if end - START > 8 * DAY)  # a second working morning was heard
    assert all(v.why == "learning the rhythm" for _, v in found if not v.enough)
