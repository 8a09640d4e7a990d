"""What a chart may claim of a few stories: shares and mean sentiment with intervals, NA under too little evidence.

Pure; counts are of decided stories (those the model did not abstain on), sums in 1/10,000.
"""

from __future__ import annotations

import math

import pandas as pd

from core.records import UNIT_SCALE

MIN_DECIDED = 5
"""Fewer decided stories than this say nothing: NA, never 0."""

RAREST = 1e-9
"""Beyond a thousand million to one no model of the news is to be believed; the page says only that."""

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


def odds(p_value: float | None) -> str:
    """How unusual, as a person can weigh it: the n of "1 in n"; empty for none.

    >>> odds(0.0004), odds(1e-8), odds(None)
    ('2,500', '10⁸', '')
    """
    if p_value is None or math.isnan(p_value):
        return ""
    if p_value < 1e-6:
        return f"10{'⁰¹²³⁴⁵⁶⁷⁸⁹'[round(-math.log10(p_value))]}"
    number = round(1 / p_value)
    return f"{number if number < 10_000 else round(number, 1 - len(str(number)) + 1):,}"
