"""Hours of the week follow the market's clock and holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from alerts.baselines.calendar import calendar, calendar_of
from core.times import HOUR, to_ms


def hour(*moment: int) -> int:
    return to_ms(datetime(*moment, tzinfo=UTC))  # type: ignore[arg-type, misc]


def test_the_opening_bell_is_the_same_hour_in_summer_and_winter() -> None:
    new_york = calendar("XNYS")
    assert new_york.bin_at(hour(2024, 1, 16, 14)) == new_york.bin_at(hour(2024, 7, 16, 13)) == 24 + 9


def test_a_holiday_is_a_sunday() -> None:
    new_york, shanghai = calendar("XNYS"), calendar("XSHG")
    assert new_york.bin_at(hour(2024, 7, 4, 16)) == 6 * 24 + 12
    assert new_york.bin_at(hour(1987, 7, 3, 16)) == 6 * 24 + 12
    assert shanghai.bin_at(hour(2024, 10, 1, 2)) == 6 * 24 + 10
    assert not new_york.is_holiday(date(2024, 10, 1))


def test_plain_is_utc_and_knows_no_holiday() -> None:
    plain = calendar("none")
    assert plain.bin_at(hour(2024, 12, 25, 7)) == 2 * 24 + 7
    assert {plain.bin(at) for at in range(500_000, 500_000 + 168)} == set(range(168))


def test_what_it_knows_does_not_follow_the_wall_clock() -> None:
    known = calendar("XNYS")._known
    assert known is not None and known[0] == date(1985, 1, 2) and known[1].year == 2035


def test_days_beyond_what_it_knows_are_plain_weekdays() -> None:
    assert calendar("XNYS").bin_at(hour(2040, 12, 25, 17)) == 1 * 24 + 12
    assert calendar("XNYS").bin(-(10**5) // HOUR) >= 0


def test_an_unknown_exchange_is_named() -> None:
    with pytest.raises(ValueError, match="'XXXX'"):
        calendar("XXXX")


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ("entity:CN:600519", "XSHG"),
        ("entity:HK:00700", "XHKG"),
        ("entity:US:AAPL/topic:energy@zh", "XNYS"),
        ("topic:energy@zh", "XSHG"),
        ("entity:X:mine@zh", "XSHG"),
        ("all", "XNYS"),
    ],
)
def test_a_series_lives_at_its_companys_market_else_its_languages(series: str, expected: str) -> None:
    assert calendar_of(series) == expected
