"""Rows, times and gaps of a series."""

from __future__ import annotations

import pytest

from detect.reader import rows
from detect.scoring import score


def test_a_gap_in_the_values_scores_zero_and_teaches_nothing() -> None:
    lines = ["timestamp,value"] + [
        f"2024-01-01T{i // 60:02d}:{i % 60:02d}:00,{'' if i == 7 else i % 5}" for i in range(300)
    ]
    found = list(score(lines))
    assert len(found) == 300 and found[7] == ("2024-01-01T00:07:00", "", 0.0)


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000, 1_000_000_000])
@pytest.mark.parametrize("start", [1_768_010_100, 1_767_225_600])
def test_time_since_1970_is_the_same_moment_in_any_unit(start: int, scale: int) -> None:
    lines = [f"{(start + 60 * i) * scale},{i}" for i in range(3)]
    assert [row[2] for row in rows(lines, "x")] == [start + 60.0 * i for i in range(3)]


def test_an_iso_date_without_dashes_is_still_a_date() -> None:
    assert [row[2] for row in rows(["20260101,1", "20260102,2"], "x")] == [1_767_225_600.0, 1_767_312_000.0]
