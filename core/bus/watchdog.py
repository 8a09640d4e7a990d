"""Detect a partition that is assigned and lags but returns no records, so that a new consumer is opened.

kafka-python 3.0.x had several faults that stopped the reading of a partition without an error. Every `after_s`
seconds, the partitions that returned nothing since the last check are compared with the end of their log.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from core.bus.base import Consumer, Received
from core.clock import Clock
from core.errors import BusUnavailable

log = structlog.get_logger(__name__)


class Watchdog:
    """Watches one consumer. Markers come every second, so a partition that is read always returns records."""

    def __init__(self, consumer: Consumer, clock: Clock, after_s: float = 60.0) -> None:
        self._consumer, self._clock, self._after_s = consumer, clock, after_s
        self._checked_at = clock.monotonic_s()
        self._next: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._active: set[int] = set()

    def observe(self, records: Sequence[Received], paused: Collection[int] = ()) -> None:
        """Record what a poll returned; call it after every poll, also an empty one.

        Every `after_s` seconds it checks: raises BusUnavailable where a partition not in `paused` lags and returned
        nothing since the last check.
        """
        for record in records:
            self._next[record.partition] = record.offset + 1
            self._active.add(record.partition)
        now = self._clock.monotonic_s()
        if now - self._checked_at < self._after_s:
            return
        silent = self._ends.keys() - self._active - set(paused)
        behind = {p: self._ends[p] for p in silent if self._ends[p] > self._next.get(p, 0)}
        if behind:
            log.error(
                "partitions lag but return no records; opening a new consumer", ends=behind, read=self._next
            )
            raise BusUnavailable(f"partitions {sorted(behind)} stopped being read")
        # What lags now must have returned records by the next check.
        self._ends = self._consumer.ends()
        self._active.clear()
        self._checked_at = now
