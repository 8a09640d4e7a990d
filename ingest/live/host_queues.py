"""A queue for each host: its sources are polled one after another in one thread, so a slow host blocks no other."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import structlog

from ingest.sources.base_settings import SourceSettings

log = structlog.get_logger(__name__)


class HostQueues:
    """Calls `poll(spec)` for each source that enters, in order of arrival at its host, once at a time for a source.

    A caller that finds its host's queue busy leaves the source there and returns; the thread inside works it off.
    """

    def __init__(self, poll: Callable[[SourceSettings], None]) -> None:
        self._poll = poll
        self._lock = threading.Lock()
        self._queues: dict[str, deque[SourceSettings]] = {}
        """What waits at each host at which a thread is busy."""
        self._inside: set[str] = set()

    def enter(self, spec: SourceSettings) -> bool:
        """Poll this source, now or when its turn comes; False where its last poll is not over, or still waits."""
        queue = queue_name(spec)
        with self._lock:
            if spec.name in self._inside:
                return False
            self._inside.add(spec.name)
            if (waiting := self._queues.get(queue)) is not None:
                waiting.append(spec)
                return True
            self._queues[queue] = deque([spec])
        while (following := self._next(queue)) is not None:
            try:
                self._poll(following)
            except Exception as error:  # noqa: BLE001 - the thread's edge: one fault costs no other its poll
                log.error("poll failed by a fault of ours", source=following.name, error=repr(error))
            with self._lock:
                self._inside.discard(following.name)
        return True

    def _next(self, queue: str) -> SourceSettings | None:
        with self._lock:
            if waiting := self._queues[queue]:
                return waiting.popleft()
            del self._queues[queue]
            return None


def queue_name(spec: SourceSettings) -> str:
    """Return the host that a poll of this source requests first; a source without one has a queue of its own."""
    return spec.host or f"source:{spec.name}"
