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
from itertools import combinations
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
        found: list[tuple[int, S, T]] = []
        tellings, signature = self._tellings, told.signature
        seen: set[int] = set()
        if signature:
            for value, head, before in zip(bands(signature), self._heads, self._before, strict=True):
                number, newer, left = head[value], _NONE, LATEST
                while number >= 0:
                    story, other = tellings[number]
                    if story.last_at < since or story.first_at < oldest:
                        number = before[number]
                        if newer < 0:
                            head[value] = number
                        else:
                            before[newer] = number
                        continue
                    if number not in seen:
                        seen.add(number)
                        bits = (signature ^ other.signature).bit_count()
                        if bits <= FAR_BITS:
                            found.append((bits, story, other))
                    left -= 1
                    if not left:
                        break
                    newer, number = number, before[number]
        slots, owner, following = self._slots, self._owner, self._next
        for slot in self._asked(told):
            node, newer, left = slots[slot], _NONE, LATEST
            while node >= 0:
                number = owner[node]
                story, other = tellings[number]
                if story.last_at < since or story.first_at < oldest:
                    node = following[node]
                    if newer < 0:
                        slots[slot] = node
                    else:
                        following[newer] = node
                    continue
                if number not in seen:
                    seen.add(number)
                    bits = (signature ^ other.signature).bit_count()
                    if bits <= FAR_BITS:
                        found.append((bits, story, other))
                left -= 1
                if not left:
                    break
                newer, node = node, following[node]
        return found

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
