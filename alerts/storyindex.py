"""Finding the few stories that an article may belong to, among very many open ones, at a cost that does not grow.

Signatures: sixteen overlapping bands of 16 of the 128 bits (every 8 bits one begins); two signatures share a band
surely where they differ in at most 7 bits, mostly at 10 and often at 15 (tests/unit/alerts/test_storyindex.py measures
it). Titles: pairs of the four smallest hashes of their words (min-hash), so a rewrite in the same language is found by
its words. Companies, numbers and named things: only among tellings in other languages, where words cannot be compared.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Generic, Protocol, TypeVar

from alerts.facts import Facts

BANDS = 16
LATEST = 24
"""Ways of telling looked at under one key, the latest first."""
FAR_BITS = 50
"""Signatures further apart are never compared."""
_MASK = (1 << 16) - 1
_PLACES = [band << 16 for band in range(BANDS)]


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
Posting = list[tuple[S, T]]
Key = tuple[object, ...] | int


def own_keys(told: Keyed) -> list[Key]:
    """Bands of the signature, and pairs of the title's least words."""
    keys: list[Key] = []
    signature = told.signature
    if signature:
        signature |= (signature & 0xFF) << 128
        for place in _PLACES:
            keys.append(signature & _MASK | place)
            signature >>= 8
    least = sorted([crc32(word.encode()) for word in told.facts.words])[:4]
    language = told.language
    if len(least) == 1:
        keys.append((language, least[0], 0))
    keys += [(language, one, other) for one, other in combinations(least, 2)]
    return keys


def fact_keys(facts: Facts, language: str) -> Iterator[Key]:
    """What tellings in two languages can share."""
    for entity in facts.entities:
        yield "e", language, entity
    for number in facts.numbers:
        if len(number) > 1:
            yield "n", language, number
    if len(facts.named) > 1:
        yield "m", language, facts.named


class StoryIndex(Generic[S, T]):
    """Postings by key, in the order in which they came."""

    def __init__(self) -> None:
        self._postings: dict[Key, Posting[S, T]] = {}
        self._languages: dict[str, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, story: S, told: T, keys: list[Key]) -> None:
        """One more way in which `story` was told; `keys` are its own."""
        pair = (story, told)
        self._count += 1
        language = told.language
        self._languages[language] = self._languages.get(language, 0) + 1
        postings = self._postings
        for key in (*keys, *fact_keys(told.facts, language)):
            posting = postings.get(key)
            if posting is None:
                postings[key] = [pair]
            else:
                posting.append(pair)

    def candidates(self, told: T, keys: list[Key], since: int, oldest: int) -> list[tuple[int, S, T]]:
        """(differing bits, story, way of telling) of what may be near, in stories whose last article came at or after
        `since` and the first at or after `oldest`: a function of what was added, whenever it was pruned."""
        if len(self._languages) > (told.language in self._languages):
            keys = keys.copy()
            for language in sorted(self._languages):
                if language != told.language:
                    keys += fact_keys(told.facts, language)
        found: list[tuple[int, S, T]] = []
        seen: set[int] = set()
        signature = told.signature
        for posting in map(self._postings.get, keys):
            if posting is None:
                continue
            left = LATEST
            for pair in reversed(posting):
                story, other = pair
                if story.last_at < since or story.first_at < oldest:
                    continue
                name = id(other)
                if name not in seen:
                    seen.add(name)
                    bits = (signature ^ other.signature).bit_count()
                    if bits <= FAR_BITS:
                        found.append((bits, story, other))
                left -= 1
                if not left:
                    break
        return found

    def prune(self, keep: Callable[[S], bool]) -> None:
        """Forget stories that are not to be kept."""
        kept: dict[int, str] = {}
        left: dict[Key, Posting[S, T]] = {}
        for key, posting in self._postings.items():
            still = [pair for pair in posting if keep(pair[0])]
            if still:
                left[key] = still
                for pair in still:
                    kept[id(pair)] = pair[1].language
        self._postings, self._count = left, len(kept)
        self._languages = {}
        for language in kept.values():
            self._languages[language] = self._languages.get(language, 0) + 1
