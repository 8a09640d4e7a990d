"""Finding the few stories that an article may belong to, among very many open ones, at a cost that does not grow.

Signatures: sixteen overlapping bands of 16 of the 128 bits (every 8 bits one begins); two signatures share a band
surely where they differ in at most 7 bits, mostly at 10 and often at 15 (tests/unit/alerts/test_stories.py measures
it). Titles: pairs of the four smallest hashes of their words (min-hash), so a rewrite in the same language is found by
its words. Companies, numbers and pairs of named things, per language of the other telling: what translations share.

All of it stands in flat arrays: per key the newest telling that has it, per telling and key the one before. That is
some hundred bytes a telling; a dictionary of lists took twenty times that, and longer.
"""

from __future__ import annotations

from array import array
from binascii import crc32
from collections.abc import Callable, Iterable
from itertools import chain, combinations
from struct import Struct
from typing import Generic, Protocol, TypeVar

from alerts.facts import Facts

BANDS = 16
LATEST = 24
"""Ways of telling looked at under one key, the latest first."""
FAR_BITS = 54
"""Signatures further apart are never compared."""
MOST_NAMED = 6
"""Named things of which pairs are looked up, by name."""
_VALUES = 1 << 16
_SLOTS = 1 << 20
"""Places for words and facts. Two that share one are told apart by what is compared afterwards."""
_NONE = -1
_EVEN = Struct("<8H").unpack


class Keyed(Protocol):
    """What is indexed."""

    @property
    def signature(self) -> int: ...
    @property
    def language(self) -> str: ...
    @property
    def facts(self) -> Facts: ...


class Opened(Protocol):
    """What an article may join."""

    @property
    def first_at(self) -> int: ...
    @property
    def last_at(self) -> int: ...


S = TypeVar("S", bound=Opened)
T = TypeVar("T", bound=Keyed)


def bands(signature: int) -> tuple[int, ...]:
    """The sixteen bands of a signature of 128 bits."""
    whole = signature.to_bytes(16, "little")
    return _EVEN(whole) + _EVEN(whole[1:] + whole[:1])


def word_slots(facts: Facts, language: str) -> list[int]:
    """Where a title's words are looked up: pairs of its four least, among titles of its language."""
    least = sorted([crc32(word.encode()) for word in facts.words])[:4]
    if len(least) == 1:
        least *= 2
    tongue = crc32(language.encode())
    return [(one * 31 ^ other ^ tongue) % _SLOTS for one, other in combinations(least, 2)]


def fact_slots(facts: Facts, language: str) -> list[int]:
    """Where tellings in two languages can meet."""
    names = [f"e {language} {entity}" for entity in facts.entities]
    names += [f"n {language} {number}" for number in facts.numbers if len(number) > 1]
    names += [
        f"m {language} {one} {other}" for one, other in combinations(sorted(facts.named)[:MOST_NAMED], 2)
    ]
    return sorted({crc32(name.encode()) % _SLOTS for name in names})


class StoryIndex(Generic[S, T]):
    """Tellings by key, in the order in which they came."""

    def __init__(self) -> None:
        self._tellings: list[tuple[S, T]] = []
        self._languages: dict[str, int] = {}
        self._heads = [array("i", [_NONE]) * _VALUES for _ in range(BANDS)]
        self._before: list[array[int]] = [array("i") for _ in range(BANDS)]
        self._slots = array("i", [_NONE]) * _SLOTS
        self._owner = array("i")
        """Which telling a node of a slot's chain belongs to, and in `_next` the node before it."""
        self._next = array("i")

    def __len__(self) -> int:
        return len(self._tellings)

    def add(self, story: S, told: T) -> None:
        """One more way in which `story` was told."""
        number, language, facts = len(self._tellings), told.language, told.facts
        self._tellings.append((story, told))
        self._languages[language] = self._languages.get(language, 0) + 1
        if told.signature:
            for value, head, before in zip(bands(told.signature), self._heads, self._before, strict=True):
                before.append(head[value])
                head[value] = number
        else:
            for before in self._before:
                before.append(_NONE)
        slots, owner, following = self._slots, self._owner, self._next
        for slot in (*word_slots(facts, language), *fact_slots(facts, language)):
            following.append(slots[slot])
            slots[slot] = len(owner)
            owner.append(number)

    def candidates(self, told: T, since: int, oldest: int) -> list[tuple[int, S, T]]:
        """(differing bits, story, way of telling) of what may be near, in stories whose last article came at or after
        `since` and the first at or after `oldest`: a function of what was added, whenever it was pruned. Neither may
        go back from call to call: what is behind them is taken out of the chains on the way."""
        chains: list[list[int]] = []
        if told.signature:
            for value, head, before in zip(bands(told.signature), self._heads, self._before, strict=True):
                if head[value] >= 0:
                    chains.append(self._live(head, value, before, None, since, oldest))
        for slot in self._asked(told):
            if self._slots[slot] >= 0:
                chains.append(self._live(self._slots, slot, self._next, self._owner, since, oldest))
        found: list[tuple[int, S, T]] = []
        for number in dict.fromkeys(chain.from_iterable(chains)):
            story, other = self._tellings[number]
            bits = (told.signature ^ other.signature).bit_count()
            if bits <= FAR_BITS:
                found.append((bits, story, other))
        return found

    def _live(
        self,
        heads: array[int],
        key: int,
        before: array[int],
        owner: array[int] | None,
        since: int,
        oldest: int,
    ) -> list[int]:
        """The latest tellings under a key whose stories are open; those behind them in time are unlinked on the way.

        `owner`: whose telling a node is, None where nodes are tellings themselves.
        """
        out: list[int] = []
        node, newer, tellings = heads[key], _NONE, self._tellings
        while node >= 0 and len(out) < LATEST:
            number = node if owner is None else owner[node]
            story = tellings[number][0]
            older = before[node]
            if story.last_at >= since and story.first_at >= oldest:
                out.append(number)
                newer = node
            elif newer < 0:
                heads[key] = older
            else:
                before[newer] = older
            node = older
        return out

    def prune(self, keep: Callable[[S], bool]) -> None:
        """Forget stories that are not to be kept."""
        kept = [pair for pair in self._tellings if keep(pair[0])]
        if len(kept) < len(self._tellings):
            self.__init__()  # type: ignore[misc]
            for story, told in kept:
                self.add(story, told)

    def _asked(self, told: T) -> Iterable[int]:
        slots = word_slots(told.facts, told.language)
        for language in sorted(self._languages):
            slots += fact_slots(told.facts, language)
        return slots
