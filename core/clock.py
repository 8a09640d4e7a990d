"""Clocks. Workers read time from an injected clock; pure steps take times as arguments."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """The time that a worker reads."""

    def now_ms(self) -> int:
        """Return the wall-clock time in milliseconds since the epoch."""

    def monotonic_s(self) -> float:
        """Return the time of a monotonic clock in seconds, for intervals: its zero is arbitrary."""

    def sleep(self, seconds: float) -> None:
        """Block for `seconds`."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ManualClock:
    """A clock that tests move; sleeping advances it at once."""

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
        """Advance both clocks by `seconds`."""
        self._now_ms += round(seconds * 1000)
        self._monotonic_s += seconds

    def jump(self, seconds: float) -> None:
        """Move the wall clock alone by `seconds`, which may be negative."""
        self._now_ms += round(seconds * 1000)
