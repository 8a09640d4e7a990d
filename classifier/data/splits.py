"""Near-duplicate groups and stratified splits by group.

Two texts whose character 5-grams overlap by half or more belong to one group, over all sets at once, and a
group stands on one side only: a model must not be praised for remembering a copy.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

HASHES, BANDS = 32, 8
SHINGLE = 5
JACCARD = 0.5
"""Estimated overlap from which two texts count as near-duplicates."""

_PRIME = np.uint64((1 << 61) - 1)


def _shingles(text: str) -> np.ndarray:
    """Return a 32-bit code for each character 5-gram, each once (uint64). Digits and case do not matter."""
    folded = "".join("0" if c.isdigit() else c for c in text.lower() if c.isalnum() or c.isspace())
    codes = np.frombuffer(folded.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < SHINGLE:
        codes = np.pad(codes, (0, SHINGLE - len(codes)))
    rolling = np.zeros(len(codes) - SHINGLE + 1, dtype=np.uint64)
    for i in range(SHINGLE):
        rolling = rolling * np.uint64(1_000_003) + codes[i : i + len(rolling)]
    return np.unique((rolling ^ (rolling >> np.uint64(29))) & np.uint64(0xFFFFFFFF))


def sketch(text: str) -> np.ndarray:
    """Return the MinHash sketch of `text`, uint32 of shape (HASHES,), that decided the sides of corpus.py's sets.

    Its hashes are not independent: the least shingle code wins in most of them, so that texts with one common word can
    look alike. That makes groups too large, never too small. New sets take `independent_sketch`; this one stays, since
    the sides of the older sets hang on it.
    """
    rolling = _shingles(text)
    rng = np.random.default_rng(7)
    a = rng.integers(1, 1 << 31, HASHES, dtype=np.uint64)
    b = rng.integers(0, 1 << 31, HASHES, dtype=np.uint64)
    mixed: np.ndarray = ((rolling[:, None] * a + b) % _PRIME).min(axis=0).astype(np.uint32)
    return mixed


def independent_sketch(text: str) -> np.ndarray:
    """Return a MinHash sketch of `text`, uint64 of shape (HASHES,), with independent hashes (splitmix64)."""
    x = _mix(_shingles(text)[:, None] + _SEEDS[None, :])
    least: np.ndarray = x.min(axis=0)
    return least


def _mix(x: np.ndarray) -> np.ndarray:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = x ^ (x >> np.uint64(31))
    return mixed


_SEEDS = _mix(np.arange(1, HASHES + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))


def groups(texts: Sequence[str], sketch: Callable[[str], np.ndarray] = sketch) -> np.ndarray:
    """Return one group number a text (int64): equal numbers are near-duplicates, transitively.

    A group's number is the index of one of its texts.
    """
    sketches = np.stack([sketch(text) for text in texts])
    parent = list(range(len(texts)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    rows = HASHES // BANDS
    for band in range(BANDS):
        buckets: dict[bytes, list[int]] = defaultdict(list)
        for i, key in enumerate(sketches[:, band * rows : (band + 1) * rows]):
            buckets[key.tobytes()].append(i)
        for members in buckets.values():
            first = members[0]
            for other in members[1:]:
                if root(other) != root(first) and (sketches[first] == sketches[other]).mean() >= JACCARD:
                    parent[root(other)] = root(first)
    return np.array([root(i) for i in range(len(texts))])


def share_of(text: str) -> float:
    """Return a number in [0, 1) that depends on `text` alone, evenly spread over texts (SHA-256)."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / float(1 << 48)


def split(
    group: np.ndarray, stratum: Sequence[str], seed: int, dev: float = 0.08, test: float = 0.12
) -> list[str]:
    """Return "train", "dev" or "test" a text; every group on one side, each stratum near its share.

    A group takes its rarest member's stratum. Assignment is by seeded shuffle within the stratum.
    """
    size = Counter(stratum)
    members: dict[int, list[int]] = defaultdict(list)
    for i, g in enumerate(group.tolist()):
        members[g].append(i)
    by_stratum: dict[str, list[int]] = defaultdict(list)
    for g, rows in members.items():
        by_stratum[min((stratum[i] for i in rows), key=lambda s: (size[s], s))].append(g)
    sides = ["train"] * len(stratum)
    rng = np.random.default_rng(seed)
    for name in sorted(by_stratum):
        order = rng.permutation(sorted(by_stratum[name])).tolist()
        total = sum(len(members[g]) for g in order)
        seen = 0
        for g in order:
            share = (seen + len(members[g]) / 2) / total
            side = "test" if share < test else "dev" if share < test + dev else "train"
            seen += len(members[g])
            for i in members[g]:
                sides[i] = side
    return sides
