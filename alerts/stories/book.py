"""Which articles tell one story: copies and rewrites folded, also across English and Chinese.

One pass in (available_at, id, revision) order inside each closing pane: an article joins the nearest open story that
it may belong to, or founds one. Candidates come from an index (alerts/stories/index.py); whether two articles tell
the same is decided by `same`: near signatures, shared words, and facts that do not contradict one another
(alerts/stories/facts.py). Titles that are equal and state different facts, or come days apart, are different stories:
wires repeat their headlines.

A story is open until HORIZON_MS after its last article, and at most LONGEST_MS. It is compared through up to four of
its articles: the founder and the first ones worded differently. Measured on pairs: bench/stories.py, docs/windows.md.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from alerts.stories.entry import Entry
from alerts.stories.facts import Facts, alike_but_for_names, conflict, containment, once
from alerts.stories.index import FAR_ALIKE, FAR_BITS, LookedUp, StoryIndex
from alerts.stories.similarity import likeness
from core.ids import digest
from core.records import UNIT_SCALE
from core.times import DAY, HOUR

HORIZON_MS = 36 * HOUR
LONGEST_MS = 7 * DAY
REPRESENTATIVES = 4
TRANSLATED = 1
"""Tenths of log-odds from which on two texts in two languages tell one story (alerts/stories/similarity.py)."""
REWRITTEN = 24
"""The same in one language, where headlines that share no word speak against it."""
OTHER = 129
"""Further than any two signatures."""
COPY_BITS = 10
"""Signatures that differ in so few of their 128 bits are copies, whatever else."""
_NOVELTY = (100, 75, 56, 42, 32, 24, 18, 13, 10, 8, 6, 4, 3, 2, 2, 1)


class Told(msgspec.Struct, gc=False):
    """One way in which a story was told."""

    at: int
    article: str
    revision: str
    signature: int
    language: str
    facts: Facts


@dataclass(slots=True, eq=False)
class Story:
    """An open story."""

    id: str
    first_at: int
    last_at: int
    title: str
    told: list[Told]
    articles: int = 0
    publishers: list[str] = field(default_factory=list)
    """Sorted: of the few that most stories have, a list takes a third of what a set does."""

    def open_at(self, at: int) -> bool:
        """Whether an article of this time may join."""
        return self.last_at >= at - HORIZON_MS and self.first_at >= at - LONGEST_MS


def distance(a: Told, b: Told, bits: int) -> int:
    """How far two articles of one story are from one another, in bits or as much; OTHER where they tell two."""
    if not a.signature or not b.signature:
        bits = 64
    across = a.language != b.language
    if bits > FAR_BITS or conflict(a.facts, b.facts, retold=across):
        return OTHER
    if bits <= COPY_BITS:
        return bits
    if across:
        alike = likeness(a.facts, b.facts, bits, abs(a.at - b.at))
        return max(COPY_BITS + 1, FAR_ALIKE - alike // 2) if alike >= TRANSLATED else OTHER
    return bits if same(a, b, bits) else OTHER


def same(a: Told, b: Told, bits: int) -> bool:
    """Whether two articles in one language tell one story, contradicting one another in nothing."""
    words = containment(a.facts.words, b.facts.words)
    if bits > FAR_ALIKE or alike_but_for_names(a.facts, b.facts):
        return False
    texts = (not a.facts.brief) + (not b.facts.brief)
    if (words >= 0.75 and bits <= 30) or (words >= 0.95 and bits <= (38 if texts == 2 else 45)):
        return True
    if texts == 1 and words >= 0.8:
        return True  # a flash and its text: their signatures cannot be near
    if bits > 42:
        return False
    alike = likeness(a.facts, b.facts, bits, abs(a.at - b.at))
    return alike >= (0 if bits <= 22 and words >= 0.4 else REWRITTEN - int(20 * words))


def contradicted(told: Told, story: Story) -> bool:
    """Whether any way in which the story was told states other facts: a translation must agree with all of them."""
    return any(conflict(told.facts, way.facts, retold=True) for way in story.told)


def novelty(articles_before: int) -> int:
    """1/10,000: how new the next article of a story with so many is.

    >>> novelty(0), novelty(1), novelty(99)
    (10000, 7500, 100)
    """
    return _NOVELTY[min(articles_before, len(_NOVELTY) - 1)] * UNIT_SCALE // 100


class StoryBook:
    """The open stories of a desk."""

    def __init__(self) -> None:
        self._index: StoryIndex[Story, Told] = StoryIndex()
        self._changed: dict[str, Story] = {}
        self._placed = 0
        self._newest = 0
        """Time of the last article placed: stories behind its horizon are closed for good."""
        self._ahead: dict[int, tuple[Entry, Told, LookedUp]] = {}
        """What was looked up and not placed yet."""

    def __len__(self) -> int:
        return len(self._index)

    def look_up(self, entries: Iterable[Entry]) -> None:
        """Look up articles together that are to be placed next, in this order; whoever is not placed does no harm."""
        coming = list(entries)
        if not coming:
            return
        now = max(self._newest, coming[0].at)
        self._prune(len(coming), now)
        tellings = [told_of(entry) for entry in coming]
        known = self._index.look_up(tellings, now - HORIZON_MS, now - LONGEST_MS)
        self._ahead = {
            id(entry): (entry, told, one) for entry, told, one in zip(coming, tellings, known, strict=True)
        }

    def looked_up(self, entry: Entry) -> bool:
        """Whether `look_up` was told of this article."""
        return id(entry) in self._ahead

    def place(self, entry: Entry) -> tuple[str, int]:
        """The article's story and its novelty there; founds one where none fits."""
        if id(entry) not in self._ahead:
            self.look_up([entry])
        _, told, known = self._ahead.pop(id(entry))
        self._newest = max(self._newest, entry.at)
        story, bits = self._nearest(told, known)
        if story is None:
            name = digest("story", entry.id, entry.revision)
            story = Story(name, entry.at, entry.at, entry.title, [])
            bits = 128
        if bits > COPY_BITS and len(story.told) < REPRESENTATIVES:
            story.told.append(told)
            self._index.add(story, told, known)
        new = novelty(story.articles)
        story.articles += 1
        story.last_at = max(story.last_at, entry.at)
        _add(story.publishers, entry.publisher)
        self._changed[story.id] = story
        return story.id, new

    def find(self, entry: Entry) -> str:
        """The story that a late article may join; "" where none fits. Changes nothing."""
        told = told_of(entry)
        story, _ = self._nearest(told)
        return story.id if story else ""

    def changed(self) -> list[dict[str, Any]]:
        """Rows of the stories that changed since the last call, without the desk."""
        changed = self._changed
        rows = [row_of(changed[name]) for name in sorted(changed)]
        self._changed.clear()
        return rows

    def restore(self, stories: Iterable[Story]) -> None:
        """Take up stories that were kept: every way of telling in the order in which it came."""
        stories = list(stories)
        self._newest = max((story.last_at for story in stories), default=self._newest)
        ways = [
            (told.at, told.article, told.revision, told, story) for story in stories for told in story.told
        ]
        ways.sort(key=lambda way: way[:3])
        self._index.add_all([(story, told) for *_, told, story in ways])

    def _nearest(self, told: Told, known: LookedUp | None = None) -> tuple[Story | None, int]:
        """The nearest story that `told` may belong to (of equals the first founded), and how many bits away."""
        best: Story | None = None
        least = (OTHER, 0, "")
        now = max(self._newest, told.at)
        since, oldest = now - HORIZON_MS, now - LONGEST_MS
        for bits, story, other in self._index.candidates(told, since, oldest, known):
            if bits > least[0] and told.language == other.language:
                continue
            far = distance(told, other, bits)
            if far == OTHER or (rank := (far, story.first_at, story.id)) >= least:
                continue
            if told.language == other.language or not contradicted(told, story):
                best, least = story, rank
        return best, least[0]

    def _prune(self, coming: int, at: int) -> None:
        """Let go of closed stories, and now and then of their places in the index, so that it costs a constant per
        article; what is found does not depend on when."""
        self._placed += coming
        self._index.let_go(lambda story: story.open_at(at))
        if self._placed > max(2_000, len(self._index)):
            self._index.prune(lambda story: story.open_at(at))
            self._placed = 0


def told_of(entry: Entry) -> Told:
    """What is compared of an article."""
    return Told(
        entry.at, entry.id, entry.revision, signature_of(entry.signature), entry.language[:2], entry.facts
    )


def signature_of(text: str) -> int:
    """The bits of a signature's hex; 0 for none."""
    try:
        return int(text, 16) & (1 << 128) - 1 if text else 0
    except ValueError:
        return 0


def row_of(story: Story) -> dict[str, Any]:
    """The story's row, without the desk."""
    ways = [_kept(one) for one in story.told]
    return {
        "story": story.id,
        "first_at": story.first_at,
        "last_at": story.last_at,
        "articles": story.articles,
        "publishers": len(story.publishers),
        "title": story.title,
        "state": _pack([ways, story.publishers]),
    }


def _add(names: list[str], name: str) -> None:
    """Enter a name into a sorted list, once."""
    place = bisect_left(names, name)
    if place == len(names) or names[place] != name:
        names.insert(place, name)


def _kept(one: Told) -> list[Any]:
    facts = one.facts
    return [
        one.at,
        one.article,
        one.revision,
        f"{one.signature:x}",
        one.language,
        facts.words,
        sorted(facts.numbers),
        sorted(facts.more_numbers),
        sorted(facts.named),
        sorted(facts.entities),
        facts.brief,
    ]


def _facts(kept: list[Any]) -> Facts:
    """Rows of before `brief` was kept have five."""
    words = tuple(map(sys.intern, kept[0]))
    numbers, more_numbers, named, entities = map(once, kept[1:5])
    return Facts(words, numbers, more_numbers, named, entities, bool(kept[5:] and kept[5]))


_pack = msgspec.msgpack.Encoder().encode


def story_of(row: Any) -> Story:
    """The story in a row of the table."""
    ways, publishers = msgspec.msgpack.decode(row.state)
    told = [
        Told(at, article, revision, int(signature, 16), language, _facts(facts))
        for at, article, revision, signature, language, *facts in ways
    ]
    return Story(row.story, row.first_at, row.last_at, row.title, told, row.articles, publishers)
