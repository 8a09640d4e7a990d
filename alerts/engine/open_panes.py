"""Panes that are not closed: articles held by the start of their pane until the watermark has passed its end."""

from __future__ import annotations

import heapq

from alerts.stories.entry import Entry

TOGETHER = 256
"""Articles whose stories are looked up at once, where so many panes are to be closed."""


class OpenPanes:
    """Articles that are not decided, by pane. `pane_ms`: the length of a pane."""

    def __init__(self, pane_ms: int) -> None:
        self.pane_ms = pane_ms
        self._held: dict[int, list[Entry]] = {}
        self._starts: list[int] = []

    def __len__(self) -> int:
        return len(self._held)

    def start_of(self, at: int) -> int:
        """Return the start of the pane that holds `at` (both epoch ms)."""
        return at - at % self.pane_ms

    @property
    def next_end(self) -> int | None:
        """The end (epoch ms) of the earliest pane that holds an article, or None."""
        return self._starts[0] + self.pane_ms if self._starts else None

    def add(self, entry: Entry) -> None:
        """Hold an article until its pane closes."""
        start = self.start_of(entry.at)
        held = self._held.get(start)
        if held is None:
            self._held[start] = held = []
            heapq.heappush(self._starts, start)
        held.append(entry)

    def contents(self, start: int) -> list[Entry]:
        """Return the articles of the pane that starts at `start` (epoch ms), by time, id and revision."""
        return sorted(self._held[start], key=_order)

    def coming(self, start: int, contents: list[Entry], until: int) -> list[Entry]:
        """Return `contents`, of the pane at `start`, and the articles of the next panes that end by `until` (epoch ms).

        At least some hundred articles, if there are so many, since stories are looked up together; which ones together
        has no effect on results.
        """
        coming = list(contents)
        for later in sorted(self._starts):
            if len(coming) >= TOGETHER or later + self.pane_ms > until:
                break
            if later > start:
                self._held[later].sort(key=_order)
                coming += self._held[later]
        return coming

    def drop(self, start: int) -> None:
        """Remove the pane that starts at `start` (epoch ms), which must be the earliest one."""
        heapq.heappop(self._starts)
        del self._held[start]


def _order(entry: Entry) -> tuple[int, str, str]:
    return entry.at, entry.id, entry.revision
