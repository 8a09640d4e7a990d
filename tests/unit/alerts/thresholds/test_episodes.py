"""What counts as one episode, and what as no history."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from alerts.thresholds.history import StatisticHistory
from core.times import HOUR, MINUTE, WEEK

HOP = 15 * MINUTE


def statistics(
    weeks: int, seed: int, series: int = 5, heavy: float = 1.0
) -> Iterator[tuple[int, str, float]]:
    """Looks each hour, -log10 of a uniform p-value, smoothed a little over time as overlapping windows do."""
    chance = random.Random(seed)
    level = [0.0] * series
    for at in range(HOUR, weeks * WEEK, HOUR):
        for one in range(series):
            fresh = chance.expovariate(1.0) / 2.302585 * heavy
            level[one] = max(fresh, level[one] * 0.5)
            yield at, f"s{one}", level[one]


def budget(per_week: float = 1.0, **more: int | float) -> StatisticHistory:
    return StatisticHistory(per_week, HOUR, HOP, **more)  # type: ignore[arg-type]


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
