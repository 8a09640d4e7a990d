"""Finding the few stories that an article may belong to, among very many open ones.

Multi-index hashing (Norouzi et al. 2012): the 128 bits of a signature in eight bands of 16; two signatures that differ
in at most 15 bits have a band that differs in at most one, so looking up each band and its 16 neighbours finds all of
those. Further keys find what is further apart: companies, numbers, named things, and the two smallest hashes of the
title's words. A key that everybody has is looked up only as far as its latest few.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from alerts.facts import Facts

BANDS, BAND_BITS = 8, 16
LATEST = 24
"""Ways of telling looked at under one key, the latest first."""
_MASK = (1 << BAND_BITS) - 1
_FLIPS = (0, *(1 << bit for bit in range(BAND_BITS)))


class Keyed(Protocol):
    """What is indexed."""

    @property
    def signature(self) -> int: ...
    @property
    def facts(self) -> Facts: ...


S = TypeVar("S")
T = TypeVar("T", bound=Keyed)
Posting = list[tuple[S, T]]


def word_keys(facts: Facts) -> Iterator[tuple[str, object]]:
    """Keys from facts: what two tellings of one story are likely to share."""
    for entity in facts.entities:
        yield "e", entity
    for number in facts.numbers:
        if len(number) > 1:
            yield "n", number
    if len(facts.named) > 1:
        yield "m", facts.named
    if facts.words:
        hashes = sorted(crc32(word.encode()) for word in facts.words)
        for one in hashes[:3]:
            yield "w", one


class StoryIndex(Generic[S, T]):
    """Postings by key, in the order in which they came."""

    def __init__(self) -> None:
        self._bands: list[dict[int, Posting[S, T]]] = [{} for _ in range(BANDS)]
        self._words: dict[tuple[str, object], Posting[S, T]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, story: S, told: T) -> None:
        """One more way in which `story` was told."""
        pair = (story, told)
        self._count += 1
        signature = told.signature
        if signature:
            for band in self._bands:
                band.setdefault(signature & _MASK, []).append(pair)
                signature >>= BAND_BITS
        for key in word_keys(told.facts):
            self._words.setdefault(key, []).append(pair)

    def candidates(self, told: T, is_open: Callable[[S], bool]) -> Iterator[tuple[S, T]]:
        """Ways of telling that may be near, of open stories, each once: a function of what was added, in its order."""
        found: set[int] = set()
        for posting in self._postings(told):
            left = LATEST
            for pair in reversed(posting):
                if is_open(pair[0]):
                    if id(pair) not in found:
                        found.add(id(pair))
                        yield pair
                    left -= 1
                    if not left:
                        break

    def _postings(self, told: T) -> Iterator[Posting[S, T]]:
        signature = told.signature
        if signature:
            for band in self._bands:
                value = signature & _MASK
                for flip in _FLIPS:
                    posting = band.get(value ^ flip)
                    if posting is not None:
                        yield posting
                signature >>= BAND_BITS
        for key in word_keys(told.facts):
            posting = self._words.get(key)
            if posting is not None:
                yield posting

    def prune(self, keep: Callable[[S], bool]) -> None:
        """Forget stories that are not to be kept."""
        kept: set[int] = set()
        for index in (*self._bands, self._words):
            for key, posting in list(index.items()):  # type: ignore[attr-defined]
                left = [pair for pair in posting if keep(pair[0])]
                kept.update(map(id, left))
                if left:
                    index[key] = left  # type: ignore[index]
                else:
                    del index[key]  # type: ignore[attr-defined]
        self._count = len(kept)
