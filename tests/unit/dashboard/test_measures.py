"""What a chart may claim of a few stories."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.measures import MIN_DECIDED, format_p_value, measured, net_interval, wilson


def frame(decided: int, negative: int, sentiment_sum: int) -> pd.DataFrame:
    return pd.DataFrame({"decided": [decided], "negative": [negative], "sentiment_sum": [sentiment_sum]})


@pytest.mark.parametrize("decided", range(MIN_DECIDED))
def test_too_little_evidence_is_na_and_never_zero(decided: int) -> None:
    row = measured(frame(decided, decided, -9_000 * decided)).iloc[0]
    assert all(
        math.isnan(row[name]) for name in ("net", "net_low", "net_high", "share", "share_low", "share_high")
    )


@given(st.integers(1, 10_000), st.data())
def test_the_share_lies_in_its_interval(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    low, high = wilson(k, n)
    assert 0 <= low <= k / n + 1e-12 and k / n - 1e-12 <= high <= 1


@given(st.lists(st.integers(-10_000, 10_000), min_size=2, max_size=200))
def test_the_net_interval_is_never_narrower_than_that_from_the_values(values: list[int]) -> None:
    n = len(values)
    mean = sum(values) / n / 10_000
    spread = math.sqrt(sum((value / 10_000 - mean) ** 2 for value in values) / n)
    net, low, high = net_interval(sum(values), n)
    assert net == pytest.approx(mean)
    assert high - low >= min(2 * 1.96 * spread / math.sqrt(n), 1 - mean, 1 + mean) - 1e-4


def test_copies_within_a_minute_cannot_push_net_sentiment_out_of_its_range() -> None:
    assert net_interval(-9_000 * 12, 10) == (-1.0, -1.0, -1.0)


def test_p_values_are_short_and_never_zero() -> None:
    values = (1.0, 0.5, 0.001, 2e-7, 0.0, None, math.nan)
    assert [format_p_value(p) for p in values] == ["1.0", "0.5", "0.001", "2.0 × 10⁻⁷", "< 10⁻⁹", "", ""]
