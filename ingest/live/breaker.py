"""A circuit breaker for each source: after failures it waits longer and longer, and as long as Retry-After says."""

from __future__ import annotations

import random
from typing import Any

from core.times import HOUR, MINUTE

FIRST_MS, MOST_MS = MINUTE, 6 * HOUR
OPEN_AFTER = 3
"""Failures in a row after which the source counts as broken."""


class Breaker:
    """Counts a source's failures in a row. Its state is in the source's cursor, so that a restart goes on waiting."""

    def __init__(self, state: dict[str, Any], rng: random.Random | None = None) -> None:
        self.failures = int(state.get("failures", 0))
        self.retry_at = int(state.get("retry_at", 0))
        self.error = str(state.get("error", ""))
        self.since = int(state.get("since", 0))
        """The first of the failures in a row."""
        self._rng = rng or random.Random()

    @property
    def state(self) -> dict[str, Any]:
        """The state for the source's cursor; empty while there is no failure."""
        return (
            {"failures": self.failures, "retry_at": self.retry_at, "error": self.error, "since": self.since}
            if self.failures
            else {}
        )

    @property
    def open(self) -> bool:
        """Whether the source counts as down: OPEN_AFTER failures in a row."""
        return self.failures >= OPEN_AFTER

    def allows(self, now_ms: int) -> bool:
        """Return whether the source may be polled at `now_ms`."""
        return now_ms >= self.retry_at

    def success(self) -> None:
        """Clear the failures, after a poll that succeeded."""
        self.failures, self.retry_at, self.error, self.since = 0, 0, "", 0

    def failure(self, now_ms: int, error: str, after_s: float | None = None) -> None:
        """Count a failure and set the time of the next poll.

        The delay is a minute, doubled at each failure up to six hours, less a random part of up to a half of it; it is
        `after_s` seconds at least.
        """
        self.failures += 1
        self.since = self.since or now_ms
        self.error = error[:500]
        delay = min(FIRST_MS * 2 ** min(self.failures - 1, 16), MOST_MS)
        delay = round(delay * (0.5 + self._rng.random() / 2))
        self.retry_at = now_ms + max(delay, round((after_s or 0) * 1000))
