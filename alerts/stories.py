"""Which articles tell one story: copies and rewrites folded, also across languages.

One pass in (available_at, id, revision) order inside each closing pane: an article joins the nearest open story, or
founds one. Near = few differing bits of the signatures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from alerts.entries import Entry
from core.ids import digest
from core.records import ONE
from core.times import DAY, HOUR

HORIZON_MS = 2 * DAY
"""A story takes articles for so long after its last one."""
NEAR_BITS = 14
"""Signatures (128 bits) that differ in at most so many are one story."""
_NOVELTY = (100, 75, 56, 42, 32, 24, 18, 13, 10, 8, 6, 4, 3, 2, 2, 1)


@dataclass(slots=True)
class Story:
    """An open story: its founder's signature, and how far it has come."""

    id: str
    signature: int
    first_at: int
    last_at: int
    title: str
    articles: int = 0
    publishers: set[str] = field(default_factory=set)


def novelty(articles_before: int) -> int:
    """1/10,000: how new the next article of a story with so many is."""
    return _NOVELTY[min(articles_before, len(_NOVELTY) - 1)] * ONE // 100


def _number(signature: str) -> int:
    try:
        return int(signature, 16) & (1 << 128) - 1 if signature else 0
    except ValueError:
        return 0


def _row(story: Story) -> dict[str, Any]:
    return {
        "story": story.id,
        "first_at": story.first_at,
        "last_at": story.last_at,
        "articles": story.articles,
        "publishers": len(story.publishers),
        "title": story.title,
        "state": msgspec.msgpack.encode([f"{story.signature:032x}", sorted(story.publishers)]),
    }


def story_of(row: Any) -> Story:
    """The story in a row of the table."""
    signature, publishers = msgspec.msgpack.decode(row.state)
    return Story(
        row.story, int(signature, 16), row.first_at, row.last_at, row.title, row.articles, set(publishers)
    )


class StoryBook:
    """The open stories of a desk."""

    def __init__(self) -> None:
        self.stories: dict[str, Story] = {}
        self._dirty: set[str] = set()
        self._order: list[Story] = []
        self._bits = np.empty((1024, 2), np.uint64)

    def place(self, entry: Entry) -> tuple[str, int]:
        """The article's story and its novelty there; founds one where none is near."""
        at = entry.at
        self._expire(at)
        number = _number(entry.signature)
        story = self._nearest(number) if number else None
        if story is None:
            story = Story(digest("story", entry.id, entry.revision), number, at, at, entry.title)
            self._append(story)
        new = novelty(story.articles)
        story.articles += 1
        story.last_at = max(story.last_at, at)
        story.publishers.add(entry.publisher)
        self._dirty.add(story.id)
        return story.id, new

    def find(self, entry: Entry) -> str:
        """The story that a late article may join; "" where none is near. Changes nothing."""
        number = _number(entry.signature)
        story = self._nearest(number) if number else None
        return story.id if story else ""

    def changed(self) -> list[dict[str, Any]]:
        """Rows of the stories that changed since the last call, without the desk."""
        rows = [_row(self.stories[name]) for name in sorted(self._dirty) if name in self.stories]
        self._dirty.clear()
        return rows

    def restore(self, stories: list[Story]) -> None:
        """Take up stories that were kept, in the order they were founded."""
        for story in stories:
            self._append(story)

    def _nearest(self, number: int) -> Story | None:
        if not self._order:
            return None
        wanted = np.array([number >> 64, number & (1 << 64) - 1], np.uint64)
        bits = np.bitwise_count(self._bits[: len(self._order)] ^ wanted).sum(1)
        best = int(bits.argmin())
        return self._order[best] if bits[best] <= NEAR_BITS else None

    def _append(self, story: Story) -> None:
        if len(self._order) == len(self._bits):
            self._bits = np.concatenate([self._bits, np.empty_like(self._bits)])
        self._bits[len(self._order)] = [story.signature >> 64, story.signature & (1 << 64) - 1]
        self._order.append(story)
        self.stories[story.id] = story

    def _expire(self, at: int) -> None:
        if not self._order or self._order[0].last_at >= at - HORIZON_MS - HOUR:
            return
        kept = [story for story in self._order if story.last_at >= at - HORIZON_MS]
        self.stories = {}
        self._order = []
        self.restore(kept)
