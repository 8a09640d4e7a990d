"""The keys under which an article's fingerprint is found again.

Signatures: sixteen overlapping bands of 16 of the 128 bits (every 8 bits one begins); two signatures share a band
surely where they differ in at most 7 bits, mostly at 10 and often at 15 (see tests/unit/alerts/stories/test_keys.py).
Titles: pairs of the four smallest hashes of their words (min-hash), so a rewrite in the same language is found by its
words. Companies, numbers and pairs of named things, per language of the other article: what translations share.

A key is a number below KEYS: first the bands' values, then the slots of words and facts.
"""

from __future__ import annotations

from binascii import crc32
from functools import lru_cache
from itertools import combinations
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from alerts.stories.facts import Facts

BANDS = 16
MOST_NAMED = 3
"""Named things of which pairs are looked up: those that fewest stories share."""
LAST = ("who", "fx", "act", "level", "move", "theme")
_VALUES = 1 << 16
_SLOTS = 1 << 20
"""Places for words and facts. Two that share one are distinguished by what is compared afterwards."""
FIRST_SLOT = BANDS * _VALUES
KEYS = FIRST_SLOT + _SLOTS
_BASES = np.arange(0, FIRST_SLOT, _VALUES, dtype=np.int64)
_EVEN = Struct("<8H").unpack


def bands(signature: int) -> tuple[int, ...]:
    """Return the sixteen bands (0..65535) of a signature of 128 bits."""
    whole = signature.to_bytes(16, "little")
    return _EVEN(whole) + _EVEN(whole[1:] + whole[:1])


def band_keys(halves: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the keys (0 to FIRST_SLOT - 1) of the bands, shape (n, 16), of signatures given as (low, high), (n, 2)."""
    whole = halves.astype("<u8").view(np.uint8)
    turned = np.concatenate([whole[:, 1:], whole[:, :1]], axis=1)
    return np.concatenate([whole.view("<u2"), turned.view("<u2")], axis=1) + _BASES


def slots(facts: Facts, language: str) -> list[int]:
    """Return the slots of an article in `language`: those of `word_slots`, then those of `fact_slots`.

    A slot is from 0 to KEYS - FIRST_SLOT - 1; add FIRST_SLOT for the key.
    """
    return word_slots(facts, language) + fact_slots(facts, language)


_HASHES: dict[str, int] = {}
"""Hashes of words and names met before. A plain dict is faster than lru_cache."""


def _hash(text: str) -> int:
    found = _HASHES.get(text)
    if found is None:
        if len(_HASHES) > 100_000:
            _HASHES.clear()
        _HASHES[text] = found = crc32(text.encode())
    return found


def word_slots(facts: Facts, language: str) -> list[int]:
    """Return the slots of a title's words among titles of its language: of pairs of its four smallest hashes, unsorted.

    At most six, which may repeat; empty where the title has no word.
    """
    least = sorted([_hash(word) for word in facts.words])[:4]
    if len(least) == 1:
        least *= 2
    language_hash = _hash(language)
    found = []
    for place, one in enumerate(least):
        mixed = one * 31 ^ language_hash
        for other in least[place + 1 :]:
            found.append((mixed ^ other) % _SLOTS)
    return found


@lru_cache(maxsize=5_000)
def _rank(name: str) -> tuple[int, str]:
    """What few stories have comes first."""
    kind = name[: name.index(":")]
    return LAST.index(kind) if kind in LAST else -1, name


def fact_slots(facts: Facts, language: str) -> list[int]:
    """Return the distinct slots, sorted, of facts that articles in other languages can share with one in `language`."""
    names = ["e " + language + " " + entity for entity in facts.entities]
    names += ["n " + language + " " + number for number in facts.numbers if len(number) > 1]
    if len(facts.named) > 1:
        names += [
            f"m {language} {one} {other}"
            for one, other in combinations(sorted(facts.named, key=_rank)[:MOST_NAMED], 2)
        ]
    return sorted({_hash(name) % _SLOTS for name in names})
