"""The threads that send: a few per channel, so that none delays another, and one notification of an alert at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from alerts.delivery.attempt import DeliveryAttempt
from alerts.delivery.channels.contract import Channel
from core.store import Lease

THREADS = 4
"""Messages of one channel that may be in flight at once."""


@dataclass
class DeliveryPool:
    """The rows in flight, by (id, channel), and the threads that send them."""

    attempt: DeliveryAttempt
    channels: Mapping[str, Channel]
    pools: dict[str, ThreadPoolExecutor] = field(default_factory=dict)
    in_flight: dict[tuple[str, str], Future[str]] = field(default_factory=dict)
    alerts: dict[tuple[str, str], str] = field(default_factory=dict)

    def submit(self, rows: Sequence[Row[Any]], lease: Lease | None) -> int:
        """Start sending rows in their channels' threads, as many as are free. Returns how many were started."""
        begun = 0
        for row in rows:
            key = (row.id, row.channel)
            mine = [other for other in self.in_flight if other[1] == row.channel]
            if key in self.in_flight or len(mine) >= THREADS:
                continue
            if row.alert_id and any(self.alerts[other] == row.alert_id for other in mine):
                continue
            pool = self.pools.setdefault(row.channel, ThreadPoolExecutor(THREADS, f"deliver-{row.channel}"))
            others = sorted(self.channels)
            self.in_flight[key] = pool.submit(
                self.attempt.run, row, self.channels[row.channel], others, lease
            )
            self.alerts[key] = row.alert_id
            begun += 1
        return begun

    def collect(self, timeout_s: float | None) -> list[str]:
        """Wait until an attempt ends, at most `timeout_s` seconds (None: without limit).

        Returns the outbox status of each attempt that ended: sent | pending | refused | expired. Raises Fenced where
        the lease is lost, StoreUnavailable.
        """
        if self.in_flight:
            wait(self.in_flight.values(), timeout_s, FIRST_COMPLETED)
        done = [key for key, future in self.in_flight.items() if future.done()]
        futures = [self.in_flight.pop(key) for key in done]
        for key in done:
            del self.alerts[key]
        return [future.result() for future in futures]

    def close(self, cancel: bool = True) -> None:
        """Stop the threads after the attempts that run; `cancel` drops those that have not begun."""
        for pool in self.pools.values():
            pool.shutdown(wait=True, cancel_futures=cancel)
        self.pools.clear()
