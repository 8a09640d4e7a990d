"""Shares and mean sentiment with confidence intervals; NA with too few stories.

Pure; counts are of decided stories (those the model did not abstain on), sums in 1/10,000.
"""

from __future__ import annotations

import math

import pandas as pd

from core.records import UNIT_SCALE

MIN_DECIDED = 5
"""With fewer decided stories a figure is NA, never 0."""

SMALLEST_P = 1e-9
"""No model of the news is accurate beyond this; smaller p-values are shown as `< 10⁻⁹`."""

Z = 1.96
"""Two-sided 95 %."""


def wilson(k: int, n: int) -> tuple[float, float]:
    """95 % interval of the share k/n (Wilson 1927). n > 0.

    >>> [round(edge, 3) for edge in wilson(5, 10)]
    [0.237, 0.763]
    """
    share, square = k / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def net_interval(sentiment_sum: int, n: int) -> tuple[float, float, float]:
    """Mean sentiment in -1..1 and its 95 % interval. n > 0.

    Conservative: a value within -1..1 of mean m varies by at most 1 - m² (Bhatia and Davis 2000), so no sum of
    squares is needed and the interval is never too narrow.

    >>> net_interval(-5_000 * 100, 100)
    (-0.5, -0.66974, -0.33026)
    """
    # A pane adds up articles and counts stories: copies within a minute could push the mean beyond its range.
    net = max(-1.0, min(1.0, sentiment_sum / (UNIT_SCALE * n)))
    half = Z * math.sqrt(max(0.0, 1 - net * net) / n)
    return net, round(max(-1.0, net - half), 5), round(min(1.0, net + half), 5)


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame (decided, negative, sentiment_sum) with net and share, each with _low and _high; NaN = NA."""
    rows = [
        (*net_interval(total, n), k / n, *wilson(k, n)) if n >= MIN_DECIDED else (math.nan,) * 6
        for n, k, total in zip(frame["decided"], frame["negative"], frame["sentiment_sum"], strict=True)
    ]
    names = ["net", "net_low", "net_high", "share", "share_low", "share_high"]
    return frame.assign(**pd.DataFrame(rows, columns=names, index=frame.index, dtype=float))


def brief(value: float) -> str:
    """A number without a unit in few characters, and never as a power of ten.

    >>> brief(12), brief(0.882), brief(17.66), brief(12_345.6), brief(0.0004), brief(-0.5)
    ('12', '0.88', '17.7', '12,346', '<0.01', '-0.5')
    """
    if 0 < value < 0.005:
        return "<0.01"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{round(value, 2) or 0:.3g}"


def format_p_value(value: float | None) -> str:
    """A p-value in few characters; empty for none.

    >>> [format_p_value(value) for value in (0.9996, 0.0004, 3.21e-7, 1e-12, None)]
    ['1.0', '0.0004', '3.2 × 10⁻⁷', '< 10⁻⁹', '']
    """
    if value is None or math.isnan(value):
        return ""
    if value < SMALLEST_P:
        return "< 10⁻⁹"
    if value >= 1e-4:
        return f"{value:.2g}" if value < 0.995 else "1.0"
    mantissa, _, exponent = f"{value:.1e}".partition("e-")
    return f"{mantissa} × 10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[int(exponent)]}"
