"""A circuit breaker for each source: after failures it waits longer and longer, and as long as Retry-After says."""

from __future__ import annotations

import random
from typing import Any

from core.times import HOUR, MINUTE

FIRST_MS, MOST_MS = MINUTE, 6 * HOUR
OPEN_AFTER = 3
"""Failures in a row after which the source counts as broken."""


class Breaker:
    """Its state is kept in the source's cursor, so that a restart does not hammer a server that is down."""

    def __init__(self, state: dict[str, Any], rng: random.Random | None = None) -> None:
        self.failures = int(state.get("failures", 0))
        self.retry_at = int(state.get("retry_at", 0))
        self.error = str(state.get("error", ""))
        self.since = int(state.get("since", 0))
        """The first of the failures in a row."""
        self._rng = rng or random.Random()

    @property
    def state(self) -> dict[str, Any]:
        """What the cursor keeps; empty while there is no failure."""
        return (
            {"failures": self.failures, "retry_at": self.retry_at, "error": self.error, "since": self.since}
            if self.failures
            else {}
        )

    @property
    def open(self) -> bool:
        """Whether the source counts as down."""
        return self.failures >= OPEN_AFTER

    def allows(self, now_ms: int) -> bool:
        """Whether the source may be polled now."""
        return now_ms >= self.retry_at

    def success(self) -> None:
        """The source answered: forget the failures."""
        self.failures, self.retry_at, self.error, self.since = 0, 0, "", 0

    def failure(self, now_ms: int, error: str, after_s: float | None = None) -> None:
        """The source failed: wait `after_s` seconds at least, or a minute doubled at each failure, up to six hours."""
        self.failures += 1
        self.since = self.since or now_ms
        self.error = error[:500]
        delay = min(FIRST_MS * 2 ** min(self.failures - 1, 16), MOST_MS)
        delay = round(delay * (0.5 + self._rng.random() / 2))
        self.retry_at = now_ms + max(delay, round((after_s or 0) * 1000))
