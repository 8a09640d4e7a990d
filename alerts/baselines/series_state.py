"""One series' own memory of counts: its level (fast memory), its own hours of the week (slow memory), its spread."""

from __future__ import annotations

from array import array
from typing import Any

from alerts.baselines.calendar import HOURS_OF_WEEK

EARLY = 12
"""Own hours are kept as pairs until there are more than so many."""


class SeriesState:
    """One series' own memory. Weights are relative to the market's generation `born`."""

    __slots__ = (
        "block",
        "block_n",
        "born",
        "early",
        "excess",
        "fast",
        "has_incident",
        "hours",
        "missing",
        "slow",
        "unusual_at",
        "weight",
    )

    def __init__(self, generation: int) -> None:
        self.born = generation
        self.fast = 0.0
        self.slow = 0.0
        self.missing = 0.0
        """Fast-weighted exposure during which none of its sources was read."""
        self.early: dict[int, float] | None = {}
        self.hours: array[float] | None = None
        self.block = -1
        self.block_n = 0
        self.has_incident = False
        """Whether the block holds an incident."""
        self.unusual_at = -1
        """End of the last unusual window, epoch ms."""
        self.excess = 0.0
        self.weight = 0.0

    def add(self, b: int, stories: float) -> None:
        """Add slow-weighted stories in bin `b` (0..167) of the week."""
        if self.hours is None:
            early = self.early
            assert early is not None
            early[b] = early.get(b, 0.0) + stories
            if len(early) > EARLY:
                self.hours = array("f", bytes(4 * HOURS_OF_WEEK))
                for known, value in early.items():
                    self.hours[known] = value
                self.early = None
        else:
            self.hours[b] += stories

    def rescale(self, slow: float, fast: float) -> None:
        """Multiply all weights: slow ones by `slow`, fast ones by `fast`."""
        self.fast *= fast
        self.missing *= fast
        self.slow *= slow
        if self.hours is not None:
            self.hours = array("f", [value * slow for value in self.hours])
        else:
            self.early = {b: value * slow for b, value in (self.early or {}).items()}

    def dump(self) -> tuple[object, ...]:
        """Return a copy of the whole state, as msgpack can carry it."""
        hours = self.hours.tobytes() if self.hours is not None else None
        early = dict(self.early) if self.early is not None else None
        return (
            self.born,
            self.fast,
            self.slow,
            self.missing,
            early,
            hours,
            self.block,
            self.block_n,
            self.has_incident,
            self.unusual_at,
            self.excess,
            self.weight,
        )

    @classmethod
    def load(cls, dump: tuple[Any, ...]) -> SeriesState:
        """Return a new SeriesState from what `dump` returned."""
        state = cls(dump[0])
        _, state.fast, state.slow, state.missing, state.early, hours, *rest = dump
        state.block, state.block_n, state.has_incident, state.unusual_at, state.excess, state.weight = rest
        if hours is not None:
            state.hours = array("f")
            state.hours.frombytes(hours)
        return state
