"""A partition that is assigned and behind but gives nothing is read again, by a new consumer.

kafka-python 3.0.x had several ways to stop reading a partition in silence; "no error" is not health. Every
`after_s` without a record from a partition, its end is compared with how far it was read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from core.bus.base import Consumer, Received
from core.clock import Clock
from core.errors import BusUnavailable

log = structlog.get_logger(__name__)


class Watchdog:
    """Watches one consumer. Markers come each second, so a live partition is never silent for long."""

    def __init__(self, consumer: Consumer, clock: Clock, after_s: float = 60.0) -> None:
        self._consumer, self._clock, self._after_s = consumer, clock, after_s
        self._looked_at = clock.monotonic_s()
        self._next: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._heard: set[int] = set()

    def observe(self, records: Sequence[Received], paused: Collection[int] = ()) -> None:
        """Tell what a poll gave (also nothing). Raises BusUnavailable when a partition has gone silent.

        `paused` ones may be silent.
        """
        for record in records:
            self._next[record.partition] = record.offset + 1
            self._heard.add(record.partition)
        now = self._clock.monotonic_s()
        if now - self._looked_at < self._after_s:
            return
        silent = self._ends.keys() - self._heard - set(paused)
        behind = {p: self._ends[p] for p in silent if self._ends[p] > self._next.get(p, 0)}
        if behind:
            log.error(
                "partitions are behind but give nothing; opening a new consumer", ends=behind, read=self._next
            )
            raise BusUnavailable(f"partitions {sorted(behind)} stopped being read")
        # What was behind the end now must have been heard of by the next look.
        self._ends = self._consumer.ends()
        self._heard.clear()
        self._looked_at = now
