"""Requests a minute for each token."""

from __future__ import annotations

import threading
from collections import OrderedDict


class RateLimiter:
    """A token bucket for each token, of as many requests as it may make a minute. Thread-safe.

    The thousand tokens that were used last are remembered.
    """

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, key: str, rate: int, now_s: float) -> float:
        """Seconds to wait before one more may come; 0.0: it may, and is counted."""
        with self._lock:
            level, at = self._buckets.pop(key, (float(rate), now_s))
            level = min(float(rate), level + (now_s - at) * rate / 60)
            wait = 0.0 if level >= 1 else (1 - level) * 60 / max(1, rate)
            self._buckets[key] = (level if wait else level - 1, now_s)
            while len(self._buckets) > 1000:
                self._buckets.popitem(last=False)
        return wait
