"""Time is injected: workers ask a clock, steps are told."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What a worker may ask about time."""

    def now_ms(self) -> int:
        """Wall time in milliseconds since the epoch."""

    def monotonic_s(self) -> float:
        """Seconds that never go back, for intervals."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ManualClock:
    """A clock that moves only when told; tests never sleep for time to pass."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms
        self._monotonic_s = 0.0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks."""
        self._now_ms += round(seconds * 1000)
        self._monotonic_s += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back; the monotonic one does not move."""
        self._now_ms += round(seconds * 1000)
