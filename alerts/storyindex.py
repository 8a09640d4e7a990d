"""Finding the few stories that an article may belong to, among very many open ones, at a cost that does not grow.

Signatures: sixteen overlapping bands of 16 of the 128 bits (every 8 bits one begins); two signatures share a band
surely where they differ in at most 7 bits, mostly at 10 and often at 15 (tests/unit/alerts/test_stories.py measures
it). Titles: pairs of the four smallest hashes of their words (min-hash), so a rewrite in the same language is found by
its words. Companies, numbers and pairs of named things, per language of the other telling: what translations share.

All of it stands in flat arrays. Per key a row of the LATEST tellings that have it, so that one article's keys are read
and compared at once; and per key the newest telling, per telling and key the one before, for the rows in which stories
have closed and older ones may have to move up. Rows that nobody wrote to take no memory.
"""

from __future__ import annotations

from array import array
from binascii import crc32
from collections import deque
from collections.abc import Callable
from itertools import combinations
from struct import Struct
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from alerts.facts import Facts
from core.times import MINUTE

BANDS = 16
LATEST = 24
"""Ways of telling looked at under one key, the latest first."""
FAR_BITS = 54
"""Signatures further apart are never compared."""
FAR_ALIKE = 46
"""Nor, within one language, signatures further apart than this."""
MOST_NAMED = 6
"""Named things of which pairs are looked up, by name."""
_VALUES = 1 << 16
_SLOTS = 1 << 20
"""Places for words and facts. Two that share one are told apart by what is compared afterwards."""
_FIRST_SLOT = BANDS * _VALUES
"""Keys: first the bands' values, then the slots of words and facts."""
_BASES = range(0, _FIRST_SLOT, _VALUES)
_HALF = (1 << 64) - 1
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
        keys = _FIRST_SLOT + _SLOTS
        self._row: NDArray[np.int32] = np.zeros((keys, LATEST), np.int32)
        """By key, the last tellings that have it (1 = the first of all, 0 = none), written round and round."""
        self._written: NDArray[np.int32] = np.zeros(keys, np.int32)
        """By key, how many its row was given; with more than LATEST the chain may know of older ones."""
        self._head: NDArray[np.int32] = np.zeros(keys, np.int32)
        """By key, the last node of its chain (1 = the first of all, 0 = none)."""
        self._before, self._owner = array("i"), array("i")
        """By node, the one before it in its chain, and whose telling it is."""
        self._low, self._high = array("Q"), array("Q")
        """Signatures, in halves."""
        self._fresh = 0
        """Tellings from this one on are surely of open stories."""
        self._last: deque[tuple[int, int]] = deque()
        self._first: deque[tuple[int, int]] = deque()
        self._keys_of: tuple[T | None, list[int]] = (None, [])
        self._flat = self._row.reshape(-1)

    def __len__(self) -> int:
        return len(self._tellings)

    def add(self, story: S, told: T) -> None:
        """One more way in which `story` was told."""
        number, language = len(self._tellings), told.language
        self._tellings.append((story, told))
        self._languages[language] = self._languages.get(language, 0) + 1
        self._low.append(told.signature & _HALF)
        self._high.append(told.signature >> 64)
        _due(self._last, story.last_at, number)
        _due(self._first, story.first_at, number)
        keys = self._own_keys(told)
        if len(set(keys)) == len(keys):
            self._link(number, keys)
        else:
            for key in keys:
                self._link(number, [key])

    def _own_keys(self, told: T) -> list[int]:
        """Where the telling itself is found; an article is looked up first, and mostly added then."""
        known, keys = self._keys_of
        if known is not told:
            facts, language = told.facts, told.language
            keys = (
                [base + value for base, value in zip(_BASES, bands(told.signature), strict=True)]
                if told.signature
                else []
            )
            keys += [_FIRST_SLOT + slot for slot in word_slots(facts, language)]
            keys += [_FIRST_SLOT + slot for slot in fact_slots(facts, language)]
            self._keys_of = told, keys
        return keys

    def _link(self, number: int, keys: list[int]) -> None:
        """Enter a telling under keys that differ."""
        at = np.array(keys)
        self._before.frombytes(self._head.take(at).tobytes())
        self._owner.extend([number] * len(keys))
        end = len(self._owner) + 1
        self._head[at] = np.arange(end - len(keys), end, dtype=np.int32)
        written = self._written.take(at)
        self._flat[at * LATEST + written % LATEST] = number + 1
        self._written[at] = written + 1

    def candidates(self, told: T, since: int, oldest: int) -> list[tuple[int, S, T]]:
        """(differing bits, story, way of telling) of what may be near, in no order, in stories whose last article came
        at or after `since` and the first at or after `oldest`: a function of what was added, whenever it was pruned.
        Neither may go back from call to call: what is behind them is taken out of the chains on the way."""
        keys = self._own_keys(told)
        for language in self._languages:
            if language != told.language:
                keys = keys + [_FIRST_SLOT + slot for slot in fact_slots(told.facts, language)]
        at = np.array(keys)
        self._freshen(since, oldest)
        if self._fresh:
            written = self._written.take(at)
            worn = (written > LATEST) & (self._flat.take(at * LATEST + written % LATEST) <= self._fresh)
            for key in set(at[worn].tolist()):
                self._renew(key, since, oldest)
        listed = self._row.take(at, 0).ravel()
        listed = listed[listed > 0] - 1
        low, high = np.frombuffer(self._low, np.uint64), np.frombuffer(self._high, np.uint64)
        bits = np.bitwise_count(low.take(listed) ^ np.uint64(told.signature & _HALF))
        bits += np.bitwise_count(high.take(listed) ^ np.uint64(told.signature >> 64))
        near = FAR_ALIKE if len(self._languages) == 1 and told.language in self._languages else FAR_BITS
        close = bits <= near
        found: list[tuple[int, S, T]] = []
        for number, differ in dict(zip(listed[close].tolist(), bits[close].tolist(), strict=True)).items():
            story, other = self._tellings[number]
            if (
                story.last_at >= since
                and story.first_at >= oldest
                and (differ <= FAR_ALIKE or other.language != told.language)
            ):
                found.append((differ, story, other))
        return found

    def _freshen(self, since: int, oldest: int) -> None:
        """Move on to the tellings that came so late that their stories are open, whatever came since."""
        for line, least in ((self._last, since), (self._first, oldest)):
            while line and line[0][0] < least:
                self._fresh = max(self._fresh, line.popleft()[1] + 1)

    def _renew(self, key: int, since: int, oldest: int) -> None:
        """Write a key's row anew from its chain: the latest tellings whose stories are open. Those behind them in time
        are unlinked on the way."""
        alive: list[int] = []
        node, newer = int(self._head[key]), 0
        before, owner = self._before, self._owner
        while node and len(alive) < LATEST:
            number = owner[node - 1]
            story, older = self._tellings[number][0], before[node - 1]
            if story.last_at >= since and story.first_at >= oldest:
                alive.append(number + 1)
                newer = node
            elif newer:
                before[newer - 1] = older
            else:
                self._head[key] = older
            node = older
        alive.reverse()
        self._row[key] = 0
        self._row[key, : len(alive)] = alive
        self._written[key] = 2 * LATEST if node else len(alive)

    def prune(self, keep: Callable[[S], bool]) -> None:
        """Forget stories that are not to be kept."""
        kept = [pair for pair in self._tellings if keep(pair[0])]
        if len(kept) < len(self._tellings):
            self.__init__()  # type: ignore[misc]
            for story, told in kept:
                self.add(story, told)


def _due(line: deque[tuple[int, int]], at: int, number: int) -> None:
    """Enter when a telling's story may close; whoever comes before and may close later need not be told of."""
    at -= at % MINUTE
    while line and line[-1][0] >= at:
        line.pop()
    line.append((at, number))
