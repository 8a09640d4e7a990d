"""The state of an EpisodeTracker as bytes for the store: msgpack, exact."""

from __future__ import annotations

from collections import deque

import msgspec

from alerts.thresholds.episodes import Episode, EpisodeTracker, Peak


class _State(msgspec.Struct, array_like=True):
    first_at: int | None
    last_at: int
    gap_ms: int
    evaluations: int
    peaks: list[Peak]
    episodes: dict[str, Episode]
    held: dict[str, list[tuple[int, float]]]


def encode(tracker: EpisodeTracker) -> bytes:
    """Return the tracker's state; equal states give equal bytes."""
    held = {series: list(values) for series, values in tracker.held.items()}
    state = _State(
        tracker.first_at,
        tracker.last_at,
        tracker.gap_ms,
        tracker.evaluations,
        sorted(tracker.peaks),
        tracker.episodes,
        held,
    )
    return msgspec.msgpack.encode(state)


def decode_into(tracker: EpisodeTracker, data: bytes) -> None:
    """Restore the tracker's state from what `encode` returned. Raises msgspec.DecodeError for other bytes."""
    state = msgspec.msgpack.decode(data, type=_State)
    tracker.first_at, tracker.last_at, tracker.gap_ms = state.first_at, state.last_at, state.gap_ms
    tracker.evaluations, tracker.peaks, tracker.episodes = state.evaluations, state.peaks, state.episodes
    tracker.held = {series: deque(values) for series, values in state.held.items()}
