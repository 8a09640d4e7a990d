"""Which sources were not being read, and since when: a window without coverage is NA, not evidence of calm."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any

from core.records import Health


class SourceCoverage:
    """The health that sources reported, in event time."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._broken: dict[str, int] = {}
        self._coming: list[tuple[int, str, str, int]] = []

    def on_health(self, health: Health) -> None:
        """Record a source's health report, which takes effect at `health.at`."""
        heapq.heappush(self._coming, (health.at, health.source, health.status, health.since))

    def until(self, at: int) -> None:
        """Apply everything reported up to `at` (epoch ms)."""
        while self._coming and self._coming[0][0] <= at:
            reported_at, source, status, since = heapq.heappop(self._coming)
            self._known.add(source)
            if status == "broken":
                self._broken.setdefault(source, min(since, reported_at))
            else:
                self._broken.pop(source, None)

    def on_article(self, source: str) -> None:
        """Record the source of an article that counted: it is a known source from now on."""
        self._known.add(source)

    @property
    def all_read(self) -> bool:
        """Whether no source is known to be broken: then every series is observed."""
        return not self._broken

    def observed(self, series: str, start: int, sources: set[str]) -> bool:
        """Return whether any of the series' sources was being read at some time since `start` (epoch ms).

        A source series has its own source; any other series has `sources`, those of its articles in the window, or all
        known sources where that is empty.
        """
        if not self._broken:
            return True
        if series.startswith("source:"):
            mine = {series.removeprefix("source:").split("@")[0].split("/topic:")[0]}
        else:
            mine = sources or self._known
        return not mine or any(self._broken.get(source, start + 1) > start for source in mine)

    def dump(self) -> Mapping[str, Any]:
        """State, as msgpack can carry it."""
        return {"known": sorted(self._known), "broken": self._broken, "coming": sorted(self._coming)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore what `dump` returned. Raises KeyError where a part is missing."""
        self._known, self._broken = set(state["known"]), dict(state["broken"])
        self._coming = [tuple(one) for one in state["coming"]]
        heapq.heapify(self._coming)
