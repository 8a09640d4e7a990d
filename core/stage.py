"""A running stage: its status row in the store (written at most once a second), counters, and stop signal.

SIGTERM and SIGINT ask a stage to drain; so does the death of the parent that started it.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from core.clock import Clock, SystemClock
from core.errors import StoreUnavailable
from core.store import Store, upsert
from core.tables import stages

log = structlog.get_logger(__name__)

ORPHAN_S = 8.0
"""How many seconds a stage whose parent died may drain before it is ended."""


class Stage:
    """One running stage: counters, gauges, status, and whether it was asked to stop."""

    def __init__(self, name: str, store: Store, clock: Clock | None = None) -> None:
        self.name = name
        self.instance = f"{socket.gethostname()}:{os.getpid()}"
        self.counters: Counter[str] = Counter()
        self.gauges: dict[str, float] = {}
        self.clock: Clock = clock or SystemClock()
        self.status = "running"
        self._store = store
        self._stop = threading.Event()
        self._reported_at = -10.0

    def count(self, name: str, number: int = 1) -> None:
        """Add to a counter."""
        self.counters[name] += number

    def gauge(self, name: str, value: float) -> None:
        """Set a gauge."""
        self.gauges[name] = value

    @property
    def stopping(self) -> bool:
        """Whether the stage was asked to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask the stage to stop after its current batch."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Sleep until `seconds` have passed or the stage is asked to stop; returns whether it was."""
        return self._stop.wait(seconds)

    def handle_signals(self) -> None:
        """Stop this stage at SIGTERM, at SIGINT, and when the parent process named in NEWSQUAKE_PARENT dies."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        if parent := os.environ.get("NEWSQUAKE_PARENT"):
            threading.Thread(target=self._watch_parent, args=(int(parent),), daemon=True).start()

    def _watch_parent(self, parent: int) -> None:
        while not self._stop.wait(0.5):
            if os.getppid() != parent:
                self.stop()
                time.sleep(ORPHAN_S)
                # It may wait for a broker that died with its parent; what is not committed is read again.
                os._exit(1)

    def report(self, status: str | None = None, *, force: bool = False) -> None:
        """Write the status row, at most once a second unless forced or the status changed.

        A store that is unavailable is logged, not raised.
        """
        changed = status is not None and status != self.status
        self.status = status or self.status
        now = self.clock.monotonic_s()
        if not (force or changed) and now - self._reported_at < 1.0:
            return
        self._reported_at = now
        counters: Mapping[str, Any] = {**self.counters, **self.gauges}
        row = {
            "stage": self.name,
            "instance": self.instance,
            "status": self.status,
            "counters": msgspec.json.encode(counters).decode(),
            "updated_at": self.clock.now_ms(),
        }
        try:
            with self._store.write() as connection:
                upsert(connection, stages, [row])
        except StoreUnavailable as error:
            log.warning("status not written", error=str(error))
