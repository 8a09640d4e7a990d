"""What counts as one episode, and what as no history."""

from __future__ import annotations

import pytest

from core.times import HOUR, WEEK
from tests.support.statistic_histories import budget, statistics


def test_one_long_crossing_is_one_onset() -> None:
    one = budget(1.0)
    for hour in range(1, 6 * 7 * 24):
        one.observe(hour * HOUR, "s", 5.0 if hour % 168 < 48 else 0.1)
    assert one.fit(6 * WEEK).peaks == 6


def test_hold_counts_only_what_lasts() -> None:
    lasting, brief = budget(1.0, hold_ms=2 * HOUR), budget(1.0, hold_ms=2 * HOUR)
    for hour in range(1, 6 * 7 * 24):
        lasting.observe(hour * HOUR, "s", 5.0 if hour % 24 < 4 else 0.1)
        brief.observe(hour * HOUR, "s", 5.0 if hour % 24 < 2 else 0.1)
    assert lasting.fit(6 * WEEK).peaks >= 41 and brief.fit(6 * WEEK).peaks == 0


def test_weeks_without_anything_to_look_at_are_no_history() -> None:
    one = budget(1.0)
    for at, series, value in statistics(6, 7):
        one.observe(at if at < 3 * WEEK else at + 16 * WEEK, series, value)
    assert one.fit(22 * WEEK).weeks == pytest.approx(6.0, abs=0.05)
