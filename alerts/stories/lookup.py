"""What is indexed, and what looking up many articles at once gives.

Keys, rows and signatures of many articles are read and compared as arrays; these functions make and split them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerts.stories.facts import Facts
from alerts.stories.keys import BANDS, FIRST_SLOT, band_keys

FAR_BITS = 60
"""Signatures that differ in more bits are never compared."""
FAR_ALIKE = 46
"""Nor, within one language, signatures that differ in more bits than this."""
HALF = (1 << 64) - 1
"""The lower half of a signature."""


class Indexed(Protocol):
    """What is found by its keys: the fingerprint of an article."""

    @property
    def signature(self) -> int:
        """128 bits; 0 for none."""

    @property
    def language(self) -> str:
        """Two letters."""

    @property
    def facts(self) -> Facts:
        """What the article states."""


class Dated(Protocol):
    """What is open for a time: a story. Times in epoch ms."""

    @property
    def first_at(self) -> int:
        """Of its first article."""

    @property
    def last_at(self) -> int:
        """Of its last article."""


P = TypeVar("P")


class Lookup(msgspec.Struct, gc=False):
    """What the rows held under one article's keys when it was looked up. Fingerprints are numbered as they came."""

    own: NDArray[np.int64]
    """The keys under which it will be found itself."""
    near: list[tuple[int, int, int, int]]
    """(number, differing bits, key, place in that key's row, from the eldest) of what is near enough to compare."""
    shared: list[tuple[int, int, int, bool]]
    """(key, how many its row held, the eldest of these, whether the key is its own) of keys that others of those looked
    up together have too."""
    eldest: int
    """The eldest fingerprint of the rows that are full: where that may have closed, a row may have moved."""
    languages: int
    """How many languages there were."""
    batch: int
    """Which call of `look_up` this was; another one since makes it void."""


def signature_halves(fingerprints: Sequence[Indexed]) -> NDArray[np.uint64]:
    """Return the signatures as halves (low, high), n x 2."""
    return np.array([(one.signature & HALF, one.signature >> 64) for one in fingerprints], np.uint64)


def article_keys(
    fingerprints: Sequence[Indexed], places: Sequence[Sequence[int]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (keys, first): all articles' keys one after another, and where each article's begin (n + 1 numbers).

    An article's keys are its bands, where it has a signature, then its `places` among the slots.
    """
    signed = np.array([one.signature != 0 for one in fingerprints])
    sizes = np.array([len(found) for found in places], np.int64)
    first = np.zeros(len(fingerprints) + 1, np.int64)
    np.cumsum(sizes + BANDS * signed, out=first[1:])
    at = np.empty(first[-1], np.int64)
    banded = np.zeros(len(at), bool)
    banded[(first[:-1][signed][:, None] + np.arange(BANDS)).ravel()] = True
    at[banded] = band_keys(signature_halves(fingerprints))[signed].ravel()
    at[~banded] = np.array([slot for found in places for slot in found], np.int64) + FIRST_SLOT
    return at, first


def repeated(keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return, for each key, whether it is there more than once."""
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.zeros(len(keys), bool)
    found: NDArray[np.bool_] = twice.take(twice.searchsorted(keys), mode="clip") == keys
    return found


def split_by_owner(things: list[P], whose: NDArray[np.int64], number: int) -> list[list[P]]:
    """Split `things`, which are in order of their owners `whose` in 0..number-1, into one list an owner."""
    border = whose.searchsorted(np.arange(number + 1)).tolist()
    return [things[border[n] : border[n + 1]] for n in range(number)]
