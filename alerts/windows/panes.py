"""A pane, one series in one slice of time, as decided: its row in the store, and reading it back.

Counts and sums add up; sets of stories and publishers are kept as observations, so that a window takes unions (a
story in three panes is one story). Exact at any size (docs/decisions/0005-sets-stay-exact.md).
"""

from __future__ import annotations

from typing import Any

import msgspec

from alerts.records import Window
from alerts.windows.observations import Observation

_ENCODE = msgspec.msgpack.Encoder()
_DECODE = msgspec.msgpack.Decoder(list[Observation])


class ClosedPane(msgspec.Struct, frozen=True, gc=False):
    """A series' pane, as decided."""

    window: Window
    observations: list[Observation]


def pane_row(desk: str, window: Window, observations: list[Observation]) -> dict[str, Any]:
    """Return the pane's row of the table `panes`. `window`: its own figures."""
    return {
        "desk": desk,
        "series": window.series,
        "start": window.start,
        "end": window.end,
        "articles": window.articles,
        "stories": window.stories,
        "publishers": window.publishers,
        "negative": window.negative,
        "decided": window.decided,
        "sentiment_sum": sum(observation.sentiment for observation in observations),
        "state": encode(observations),
    }


def encode(observations: list[Observation]) -> bytes:
    """Return the observations as msgpack."""
    return _ENCODE.encode(observations)


def decode(state: bytes) -> list[Observation]:
    """Return the observations in a pane's `state`; none in an empty one. Raises msgspec.DecodeError."""
    return _DECODE.decode(state) if state else []
