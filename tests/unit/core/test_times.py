"""Times and spans: exact, and back again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.times import format_span, from_ms, iso, parse_iso, parse_span, to_ms

_ANY = st.integers(to_ms(datetime(1900, 1, 1)), to_ms(datetime(2200, 1, 1)))


@given(_ANY)
def test_a_time_goes_to_text_and_back(ms: int) -> None:
    assert parse_iso(iso(ms)) == ms
    assert to_ms(from_ms(ms)) == ms


def test_a_naive_time_is_utc_and_an_aware_one_is_turned() -> None:
    naive = datetime(2026, 3, 2, 9)
    assert to_ms(naive) == to_ms(naive.replace(tzinfo=UTC))
    assert to_ms(datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=8)))) == to_ms(
        datetime(2026, 3, 2, 1)
    )


def test_times_before_1970_are_times_too() -> None:
    assert iso(-1) == "1969-12-31T23:59:59.999Z"


@given(st.integers(1, 10**12))
def test_a_span_is_written_exactly(ms: int) -> None:
    assert parse_span(format_span(ms)) == ms


@pytest.mark.parametrize(
    "text, ms",
    [("90s", 90_000), ("1.5h", 5_400_000), ("2w", 1_209_600_000), ("250ms", 250), ("7", 7_000), (0.5, 500)],
)
def test_spans_are_read(text: str | float, ms: int) -> None:
    assert parse_span(text) == ms


@pytest.mark.parametrize("text", ["", "soon", "5 parsecs", "m", "-5m", "1m30s", "1..5h", "٣m5"])
def test_what_is_no_span_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="15m"):
        parse_span(text)
