"""What counts as a time, and what does not."""

import pytest

from core.times import iso
from ingest.times.moments import is_plausible, parse_moment


@pytest.mark.parametrize(
    ("text", "expected", "date_only"),
    [
        ("3-MAR-1987  09:15:05.40", "1987-03-03T09:15:05.400Z", False),
        ("2016-01-28", "2016-01-28T00:00:00Z", True),
        ("28-01-2016", "2016-01-28T00:00:00Z", True),
        ("01/28/2016", "2016-01-28T00:00:00Z", True),
        ("03/04/2016", "2016-03-04T00:00:00Z", True),
        ("03.04.2016", "2016-04-03T00:00:00Z", True),
        ("2016年1月28日 10:30", "2016-01-28T10:30:00Z", False),
        ("Mon, 19 Oct 1987 16:30:00 -0400", "1987-10-19T20:30:00Z", False),
        ("2024-05-01T10:00:00+08:00", "2024-05-01T02:00:00Z", False),
        ("March 3, 1987 4:15 PM", "1987-03-03T16:15:00Z", False),
        ("20160128", "2016-01-28T00:00:00Z", True),
        ("1451606400", "2016-01-01T00:00:00Z", False),
        (1451606400, "2016-01-01T00:00:00Z", False),
        (1451606400123, "2016-01-01T00:00:00.123Z", False),
        (1451606400123456, "2016-01-01T00:00:00.123Z", False),
        (1451606400123456789, "2016-01-01T00:00:00.123Z", False),
    ],
)
def test_time_is_read(text: object, expected: str, date_only: bool) -> None:
    found = parse_moment(text)
    assert found is not None
    assert (iso(found[0]), found[1]) == (expected, date_only)


@pytest.mark.parametrize(
    "text",
    [
        "31-MAR-1987 605:12:19.12",
        "",
        "soon",
        "12",
        "2016-13-45",
        "30-FEB-1987",
        "99/99/2016",
        None,
        True,
        float("nan"),
        [],
    ],
)
def test_what_is_not_certain_is_no_time(text: object) -> None:
    assert parse_moment(text) is None


def test_news_is_neither_from_the_future_nor_from_before_1900() -> None:
    now = 1_700_000_000_000
    assert is_plausible(now, now)
    assert is_plausible(now + 3_600_000, now)
    assert not is_plausible(now + 2 * 86_400_000, now)
    assert not is_plausible(-3_000_000_000_000, now)
