"""Which articles tell one story: copies and rewrites folded, also across English and Chinese.

One pass in (available_at, id, revision) order inside each closing pane: an article joins the nearest open story that
it may belong to, or founds one. Candidates come from an index (alerts/stories/index.py); whether two articles tell the
same story is decided in alerts/stories/decision.py. A story is compared through up to REPRESENTATIVES of its articles:
its first one and the next ones worded differently.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from alerts.stories.codec import row_of
from alerts.stories.decision import COPY_BITS, OTHER, contradicts_story, distance
from alerts.stories.entry import Entry
from alerts.stories.index import StoryIndex
from alerts.stories.lookup import Lookup
from alerts.stories.story import HORIZON_MS, LONGEST_MS, Fingerprint, Story, fingerprint_of
from core.ids import digest
from core.records import UNIT_SCALE

REPRESENTATIVES = 4
_NOVELTY = (100, 75, 56, 42, 32, 24, 18, 13, 10, 8, 6, 4, 3, 2, 2, 1)


def novelty(articles_before: int) -> int:
    """Return the novelty, in 1/10,000, of the next article of a story with `articles_before` articles.

    >>> novelty(0), novelty(1), novelty(99)
    (10000, 7500, 100)
    """
    return _NOVELTY[min(articles_before, len(_NOVELTY) - 1)] * UNIT_SCALE // 100


class StoryBook:
    """The open stories of a desk, and which of them each article joins."""

    def __init__(self) -> None:
        self._index: StoryIndex[Story, Fingerprint] = StoryIndex()
        self._changed: dict[str, Story] = {}
        self._placed = 0
        self._newest = 0
        """Time of the last article placed: stories behind its horizon are closed for good."""
        self._ahead: dict[int, tuple[Entry, Fingerprint, Lookup]] = {}
        """Articles that were looked up and not placed yet, by identity."""

    def __len__(self) -> int:
        return len(self._index)

    def look_up(self, entries: Iterable[Entry]) -> None:
        """Look up articles together that are to be placed next, in this order; they need not all be placed."""
        coming = list(entries)
        if not coming:
            return
        now = max(self._newest, coming[0].at)
        self._prune(len(coming), now)
        fingerprints = [fingerprint_of(entry) for entry in coming]
        known = self._index.look_up(fingerprints, now - HORIZON_MS, now - LONGEST_MS)
        self._ahead = {
            id(entry): (entry, fingerprint, one)
            for entry, fingerprint, one in zip(coming, fingerprints, known, strict=True)
        }

    def looked_up(self, entry: Entry) -> bool:
        """Return whether this article was in the last `look_up` and has not been placed since."""
        return id(entry) in self._ahead

    def place(self, entry: Entry) -> tuple[str, int]:
        """Place an article in the nearest open story, or in a new one where none fits.

        Returns (story id, novelty of the article in it: 1/10,000). Articles come in order of (at, id, revision).
        """
        if id(entry) not in self._ahead:
            self.look_up([entry])
        _, fingerprint, known = self._ahead.pop(id(entry))
        self._newest = max(self._newest, entry.at)
        story, bits = self._nearest(fingerprint, known)
        if story is None:
            name = digest("story", entry.id, entry.revision)
            story = Story(name, entry.at, entry.at, entry.title, [])
            bits = 128
        if bits > COPY_BITS and len(story.representatives) < REPRESENTATIVES:
            story.representatives.append(fingerprint)
            self._index.add(story, fingerprint, known)
        new = novelty(story.articles)
        story.articles += 1
        story.last_at = max(story.last_at, entry.at)
        _add(story.publishers, entry.publisher)
        self._changed[story.id] = story
        return story.id, new

    def find(self, entry: Entry) -> str:
        """Return the id of the story that a late article may join; "" where none fits. Changes no story."""
        fingerprint = fingerprint_of(entry)
        story, _ = self._nearest(fingerprint)
        return story.id if story else ""

    def changed(self) -> list[dict[str, Any]]:
        """Return the rows (alerts/stories/codec.py) of the stories that changed since the last call, sorted by id."""
        changed = self._changed
        rows = [row_of(changed[name]) for name in sorted(changed)]
        self._changed.clear()
        return rows

    def restore(self, stories: Iterable[Story]) -> None:
        """Add stories from the store; their representatives are indexed in the order in which they came."""
        stories = list(stories)
        self._newest = max((story.last_at for story in stories), default=self._newest)
        found = [
            (one.at, one.article, one.revision, one, story)
            for story in stories
            for one in story.representatives
        ]
        found.sort(key=lambda one: one[:3])
        self._index.add_all([(story, fingerprint) for *_, fingerprint, story in found])

    def _nearest(self, fingerprint: Fingerprint, known: Lookup | None = None) -> tuple[Story | None, int]:
        """Return (nearest story that the article may join, its distance); (None, OTHER) where there is none.

        Of equally near ones the first founded.
        """
        best: Story | None = None
        least = (OTHER, 0, "")
        now = max(self._newest, fingerprint.at)
        since, oldest = now - HORIZON_MS, now - LONGEST_MS
        for bits, story, other in self._index.candidates(fingerprint, since, oldest, known):
            if bits > least[0] and fingerprint.language == other.language:
                continue
            far = distance(fingerprint, other, bits)
            if far == OTHER or (rank := (far, story.first_at, story.id)) >= least:
                continue
            if fingerprint.language == other.language or not contradicts_story(fingerprint, story):
                best, least = story, rank
        return best, least[0]

    def _prune(self, coming: int, at: int) -> None:
        """Release closed stories, and now and then their places in the index: a constant cost per article. What is
        found does not depend on when."""
        self._placed += coming
        self._index.release(lambda story: story.open_at(at))
        if self._placed > max(2_000, len(self._index)):
            self._index.prune(lambda story: story.open_at(at))
            self._placed = 0


def _add(names: list[str], name: str) -> None:
    """Enter a name into a sorted list, once."""
    place = bisect_left(names, name)
    if place == len(names) or names[place] != name:
        names.insert(place, name)
