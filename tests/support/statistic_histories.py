"""Statistics of a quiet series, and an empty history of them, for tests of thresholds."""

from __future__ import annotations

import random
from collections.abc import Iterator

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
