"""Under each key the latest fingerprints that have it, and a chain of all of them.

Everything is in flat arrays, by key (alerts/stories/keys.py). Per key a row of the LATEST entries that have it, so that
keys are read and compared many at once; and per key the newest entry, per entry and key the one before, for the rows in
which stories have closed and older entries may have to move up. Rows that nobody wrote to take no memory.
"""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.stories.keys import KEYS

LATEST = 24
"""Entries kept in a row, the latest ones."""
PLACE_BITS = 32
"""A key and its place among those entered together are one number while sorted."""
NEVER = (1 << 31) - 1
"""Later than every entry."""


class KeyRows:
    """Rows and chains of entries by key. Entries are numbered 0, 1, … by the index."""

    def __init__(self) -> None:
        self.row: NDArray[np.int32] = np.zeros((KEYS, LATEST), np.int32)
        """By key, the last entries that have it (1 = the first of all, 0 = none), written round and round."""
        self.flat = self.row.reshape(-1)
        self.written: NDArray[np.int32] = np.zeros(KEYS, np.int32)
        """By key, how many its row was given; with more than LATEST the chain may know of older ones."""
        self._head: NDArray[np.int32] = np.zeros(KEYS, np.int32)
        """By key, the last node of its chain (1 = the first of all, 0 = none)."""
        self._before, self._owner = array("i"), array("i")
        """By node, the one before it in its chain, and whose entry it is."""
        self._added: list[tuple[int, NDArray[np.int64]]] = []
        """Entries and their keys, not yet in the rows."""

    def add(self, number: int, keys: NDArray[np.int64]) -> None:
        """Add entry `number` under its keys; it is in the rows after the next `link`."""
        self._added.append((number, keys))

    def link(self) -> None:
        """Enter what was added since the last call into rows and chains."""
        if not self._added:
            return
        at = np.concatenate([own for _, own in self._added])
        numbers = np.repeat(
            np.array([number for number, _ in self._added], np.int32),
            [len(own) for _, own in self._added],
        )
        self._added = []
        if not len(at):
            return
        first = len(self._owner) + 1
        nodes = np.arange(first, first + len(at), dtype=np.int32)
        # Sorted with their places: faster than a stable argsort.
        placed = (at << PLACE_BITS) | np.arange(len(at))
        placed.sort()
        at, order = placed >> PLACE_BITS, placed & (1 << PLACE_BITS) - 1
        of = numbers.take(order)
        begins = np.empty(len(at), bool)
        begins[0] = True
        np.not_equal(at[1:], at[:-1], out=begins[1:])
        mine = nodes.take(order)
        before = np.where(begins, self._head.take(at), np.roll(mine, 1))
        place = np.arange(len(at))
        place -= np.maximum.accumulate(np.where(begins, place, 0))
        written = self.written.take(at) + place
        back = np.empty_like(before)
        back[order] = before
        self._before.frombytes(back.astype(np.int32).tobytes())
        self._owner.frombytes(numbers.tobytes())
        # Of one key's several, the last stays: fancy assignment goes from left to right.
        self._head[at] = mine
        self.flat[at * LATEST + written % LATEST] = of + 1
        self.written[at] = written + 1

    def oldest_in_row(self, at: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the eldest entry in the row of each key `at` (1 = the first of all, 0 = none)."""
        written = self.written.take(at)
        return self.flat.take(at * LATEST + np.where(written > LATEST, written % LATEST, 0))

    def oldest_in_full_row(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the same of rows that were given more than they hold; NEVER of others."""
        return np.where(self.written.take(at) > LATEST, self.oldest_in_row(at), NEVER)

    def renew(self, key: int, entries: list[tuple[Any, Any] | None], since: int, oldest: int) -> None:
        """Rewrite a key's row from its chain: the latest entries whose stories are open, as StoryIndex.candidates says.

        The chain's entries of stories that are closed are unlinked on the way. `entries`: (story, fingerprint) by
        number, None where the story is closed for good.
        """
        alive: list[int] = []
        node, newer = int(self._head[key]), 0
        before, owner = self._before, self._owner
        while node and len(alive) < LATEST:
            number, older = owner[node - 1], before[node - 1]
            pair = entries[number]
            if pair is not None and pair[0].last_at >= since and pair[0].first_at >= oldest:
                alive.append(number + 1)
                newer = node
            elif newer:
                before[newer - 1] = older
            else:
                self._head[key] = older
            node = older
        alive.reverse()
        self.row[key] = 0
        self.row[key, : len(alive)] = alive
        self.written[key] = 2 * LATEST if node else len(alive)
