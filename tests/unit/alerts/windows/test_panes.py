"""A pane's row has the pane's own figures, and its observations come back as they were."""

from __future__ import annotations

import pytest
from msgspec import DecodeError

from alerts.windows.observations import Observation
from alerts.windows.panes import decode, encode, pane_row
from alerts.windows.rolling import measure

OBSERVATIONS = [
    Observation(60_000, "a", "s1", "p1", "wire", 1, -1, -8_000),
    Observation(61_000, "b", "s1", "p2", "wire", 1, 1, 500, novelty=7_500),
    Observation(62_000, "c", "s2", "p1", "feed", 0, 0, 0, trust=5_000),
]


def test_observations_come_back_exactly() -> None:
    assert decode(encode(OBSERVATIONS)) == OBSERVATIONS
    assert decode(b"") == [] == decode(encode([]))
    with pytest.raises(DecodeError):
        decode(b"\xc1")


def test_the_row_has_the_panes_own_figures() -> None:
    row = pane_row("main", measure("all", 60_000, 120_000, OBSERVATIONS), OBSERVATIONS)
    assert decode(row.pop("state")) == OBSERVATIONS
    assert row == {
        "desk": "main", "series": "all", "start": 60_000, "end": 120_000, "articles": 3, "stories": 2, "publishers": 2,
        "negative": 0, "decided": 1, "sentiment_sum": -7_500,
    }  # fmt: skip
