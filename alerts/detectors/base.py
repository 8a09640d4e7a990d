"""What every detector is: one object per rule, for all series of that rule.

Pure: no clock, no I/O; time comes with the windows, in order of `end`. Pooling over series, adaptation and
seasonality live inside. State is saved per series, so that a desk writes only what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from alerts.records import Verdict, Window


class Detector(Protocol):
    """Scores windows of many series, each from the past only, and learns from them.

    `step` first judges `window` with what was known before it, then learns `hop` (the time since this
    series was last stepped; hops do not overlap, windows do). Steps of one series come in order of `end`;
    hops without any data may be left out: the detector accounts for the gap in closed form (equal to stepping
    through it within 1e-9).
    """

    kind: str

    def step(self, window: Window, hop: Window) -> Verdict:
        """Judge, then learn."""

    def dump(self, series: Iterable[str] | None = None) -> Mapping[str, bytes]:
        """State by series (all, or those asked for); the key "" holds what is pooled over series."""

    def load(self, states: Iterable[tuple[str, bytes]]) -> None:
        """Restore exactly what `dump` gave."""
