"""Looks at one host one after the other, in one thread: a slow host costs a thread, never all of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog

from ingest.sources.spec import SourceSpec

log = structlog.get_logger(__name__)


class Lanes:
    """`look(spec)` for each that enters, in the order of arrival at its host, never twice at once for one source.

    Who finds its host's lane busy leaves the source there and goes; the thread inside works it off.
    """

    def __init__(self, look: Callable[[SourceSpec], None]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._lanes: dict[str, deque[SourceSpec]] = {}
        """What waits at each host at which a thread is busy."""
        self._inside: set[str] = set()

    def enter(self, spec: SourceSpec) -> bool:
        """Look at this source, now or once its turn comes; False where its last look is not over, or still waits."""
        lane = lane_of(spec)
        with self._lock:
            if spec.name in self._inside:
                return False
            self._inside.add(spec.name)
            if (waiting := self._lanes.get(lane)) is not None:
                waiting.append(spec)
                return True
            self._lanes[lane] = deque([spec])
        while (following := self._next(lane)) is not None:
            try:
                self._look(following)
            except Exception as error:  # noqa: BLE001 - the thread's edge: one fault costs no other its look
                log.error("look failed by a fault of ours", source=following.name, error=repr(error))
            with self._lock:
                self._inside.discard(following.name)
        return True

    def _next(self, lane: str) -> SourceSpec | None:
        with self._lock:
            if waiting := self._lanes[lane]:
                return waiting.popleft()
            del self._lanes[lane]
            return None


def lane_of(spec: SourceSpec) -> str:
    """The host that a look at this source asks first; a source without one has a lane of its own."""
    return urlsplit(getattr(spec, "url", "")).hostname or f"source:{spec.name}"
