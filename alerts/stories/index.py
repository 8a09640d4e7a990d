"""Finding the few stories that an article may belong to, among very many open ones, at a cost that does not grow.

A pane's articles are looked up together (`look_up`) and then asked for one by one (`candidates`): what was added in
between is found beside it, and where that or time may have moved a row, the article is looked up again, alone. So
what is found is the same as if each had been looked up when its turn came. Rows and chains: alerts/stories/rows.py.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from alerts.stories.keys import fact_slots, slots
from alerts.stories.lookup import (
    FAR_ALIKE,
    FAR_BITS,
    HALF,
    Dated,
    Indexed,
    Lookup,
    article_keys,
    repeated,
    signature_halves,
    split_by_owner,
)
from alerts.stories.rows import LATEST, NEVER, KeyRows
from core.times import MINUTE

TOGETHER = 1_024
"""Entries whose keys are computed at once."""
LASTING = 64
"""Entries of stories that went on are checked for their end so many at a time."""

S = TypeVar("S", bound=Dated)
T = TypeVar("T", bound=Indexed)


class StoryIndex(Generic[S, T]):
    """Fingerprints of stories by key, in the order in which they came."""

    def __init__(self) -> None:
        self._entries: list[tuple[S, T] | None] = []
        """(story, fingerprint) by number; None: of a story that is closed for good."""
        self._passed = 0
        """Entries before this one were checked when their stories may have closed."""
        self._lasting: deque[int] = deque()
        """Those of them whose stories had not."""
        self._languages: dict[str, int] = {}
        self._rows = KeyRows()
        self._low, self._high = array("Q"), array("Q")
        """Signatures, in halves."""
        self._fresh = 0
        """Entries from this one on are surely of open stories."""
        self._last: deque[tuple[int, int]] = deque()
        self._first: deque[tuple[int, int]] = deque()
        self._batch = 0
        """Articles looked up together are of one batch; what changes behind its back begins another."""
        self._recent: dict[int, list[int]] = {}
        """Key that several of the batch have -> their entries that were added since."""

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, story: S, fingerprint: T, known: Lookup | None = None) -> None:
        """Add one more fingerprint of `story`; `known`: what was looked up of it."""
        if known is None or known.batch != self._batch:
            self.add_all([(story, fingerprint)])
            return
        number = self._enter(story, fingerprint, known.own)
        for key, _, _, own in known.shared:
            if own:
                self._recent[key].append(number)

    def add_all(self, pairs: Sequence[tuple[S, T]]) -> None:
        """Add many fingerprints with their stories, in the order in which they came. Voids earlier look-ups."""
        self._batch += 1
        for start in range(0, len(pairs), TOGETHER):
            some = pairs[start : start + TOGETHER]
            fingerprints = [fingerprint for _, fingerprint in some]
            places = [slots(one.facts, one.language) for one in fingerprints]
            at, first = article_keys(fingerprints, places)
            for (story, fingerprint), begin, end in zip(
                some, first[:-1].tolist(), first[1:].tolist(), strict=True
            ):
                self._enter(story, fingerprint, at[begin:end])

    def _enter(self, story: S, fingerprint: T, keys: NDArray[np.int64]) -> int:
        number, language = len(self._entries), fingerprint.language
        self._entries.append((story, fingerprint))
        self._languages[language] = self._languages.get(language, 0) + 1
        self._low.append(fingerprint.signature & HALF)
        self._high.append(fingerprint.signature >> 64)
        _due(self._last, story.last_at, number)
        _due(self._first, story.first_at, number)
        self._rows.add(number, keys)
        return number

    def look_up(self, fingerprints: Sequence[T], since: int, oldest: int) -> list[Lookup]:
        """Look up articles that `candidates` will be asked for, and return a Lookup of each, in order.

        `since` and `oldest` as for the first of them. Voids earlier look-ups.
        """
        self._batch += 1
        found = self._look(fingerprints, since, oldest)
        self._recent = {key: [] for one in found for key, _, _, _ in one.shared}
        return found

    def _look(self, fingerprints: Sequence[T], since: int, oldest: int) -> list[Lookup]:
        rows = self._rows
        rows.link()
        self._freshen(since, oldest)
        looked, own, nearest = [], [], []
        alone = len(self._languages) == 1
        for fingerprint in fingerprints:
            found = slots(fingerprint.facts, fingerprint.language)
            own.append(len(found))
            for language in self._languages:
                if language != fingerprint.language:
                    found += fact_slots(fingerprint.facts, language)
            looked.append(found)
            nearest.append(FAR_ALIKE if alone and fingerprint.language in self._languages else FAR_BITS)
        at, first = article_keys(fingerprints, looked)
        counts = np.diff(first)
        mine = counts + np.array(own) - np.array([len(found) for found in looked])
        eldest = rows.oldest_in_full_row(at)
        if self._fresh and (worn := eldest <= self._fresh).any():
            for key in set(at[worn].tolist()):
                rows.renew(key, self._entries, since, oldest)
            eldest = rows.oldest_in_full_row(at)
        written = rows.written.take(at)
        of = np.repeat(np.arange(len(fingerprints)), counts)
        held = rows.row.take(at, 0).ravel()
        filled = np.flatnonzero(held)
        listed = held.take(filled) - 1
        which = filled // LATEST
        whose = of.take(which)
        bits = self._differing(fingerprints, listed, whose)
        close = np.flatnonzero(bits <= np.array(nearest, np.uint8).take(whose))
        which, ages = which.take(close), filled.take(close) % LATEST
        full = written.take(which)
        near = zip(
            listed.take(close).tolist(),
            bits.take(close).tolist(),
            at.take(which).tolist(),
            np.where(full > LATEST, (ages - full) % LATEST, ages).tolist(),
            strict=True,
        )
        nears = split_by_owner(list(near), whose.take(close), len(fingerprints))
        common = np.flatnonzero(repeated(at))
        shared = zip(
            at.take(common).tolist(),
            np.minimum(written.take(common), LATEST).tolist(),
            rows.oldest_in_row(at.take(common)).tolist(),
            (common < (first[:-1] + mine).take(of.take(common))).tolist(),
            strict=True,
        )
        shares = split_by_owner(list(shared), of.take(common), len(fingerprints))
        least = np.minimum.reduceat(np.append(eldest, NEVER), first[:-1]).tolist()
        languages, batch = len(self._languages), self._batch
        begins, ends = first[:-1].tolist(), (first[:-1] + mine).tolist()
        return [
            Lookup(at[begin:end], nears[n], shares[n], least[n], languages, batch)
            for n, (begin, end) in enumerate(zip(begins, ends, strict=True))
        ]

    def _differing(
        self, fingerprints: Sequence[T], listed: NDArray[np.int32], whose: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """Return in how many bits each signature listed differs from that of the article it was found for."""
        halves = signature_halves(fingerprints)
        found = np.zeros(len(listed), np.uint8)
        for half, known in enumerate((self._low, self._high)):
            theirs = np.frombuffer(known, np.uint64).take(listed)
            found += np.bitwise_count(theirs ^ halves[:, half].take(whose))
        return found

    def candidates(
        self, fingerprint: T, since: int, oldest: int, known: Lookup | None = None
    ) -> list[tuple[int, S, T]]:
        """Return (differing bits, story, fingerprint) of what may be near, in no order.

        Only stories whose last article came at or after `since` and the first at or after `oldest` (epoch ms); neither
        may go back from call to call, as what is behind them is taken out of the chains. `known`: this article's of the
        last `look_up`. What is found depends on what was added alone, not on when it was pruned or looked up with whom.
        """
        self._freshen(since, oldest)
        near = self._with_recent(fingerprint, known) if known is not None and self._holds(known) else None
        if near is None:
            [known] = self._look([fingerprint], since, oldest)
            near = {number: bits for number, bits, _, _ in known.near}
        found: list[tuple[int, S, T]] = []
        for number, differ in near.items():
            pair = self._entries[number]
            if pair is None:
                continue
            story, other = pair
            if (
                story.last_at >= since
                and story.first_at >= oldest
                and (differ <= FAR_ALIKE or other.language != fingerprint.language)
            ):
                found.append((differ, story, other))
        return found

    def _holds(self, known: Lookup) -> bool:
        """Whether nothing happened since the look-up but time and additions that `_with_recent` knows of."""
        return (
            known.batch == self._batch
            and known.languages == len(self._languages)
            and known.eldest > self._fresh
        )

    def _with_recent(self, fingerprint: T, known: Lookup) -> dict[int, int] | None:
        """Return number -> differing bits of what is near, with what was added since the look-up.

        That pushes the eldest out of rows that are full; None where these may be closed and others have their places.
        """
        if not known.shared:
            return {number: bits for number, bits, _, _ in known.near}
        pushed: dict[int, int] = {}
        near: dict[int, int] = {}
        for key, held, eldest, _ in known.shared:
            added = self._recent[key]
            if not added:
                continue
            more = held + len(added) - LATEST
            if more > 0:
                if (eldest or added[0] + 1) <= self._fresh:
                    return None
                pushed[key] = more
            for number in added[-LATEST:]:
                if number not in near and (pair := self._entries[number]) is not None:
                    near[number] = (pair[1].signature ^ fingerprint.signature).bit_count()
        if near:
            near = {number: bits for number, bits in near.items() if bits <= FAR_BITS}
        for number, bits, key, age in known.near:
            if age >= pushed.get(key, 0):
                near[number] = bits
        return near

    def _freshen(self, since: int, oldest: int) -> None:
        """Move `_fresh` on to the entries that came so late that their stories are open, whatever came since."""
        for line, least in ((self._last, since), (self._first, oldest)):
            while line and line[0][0] < least:
                self._fresh = max(self._fresh, line.popleft()[1] + 1)

    def release(self, keep: Callable[[S], bool]) -> None:
        """Drop the fingerprints of stories that `keep` refuses, now and for ever; their places stay until `prune`.

        Each is checked once when its story may have closed, and the few of stories that went on again and again.
        """
        entries, lasting = self._entries, self._lasting
        due = [lasting.popleft() for _ in range(min(LASTING, len(lasting)))]
        due += range(self._passed, self._fresh)
        self._passed = max(self._passed, self._fresh)
        for number in due:
            pair = entries[number]
            if pair is not None and keep(pair[0]):
                lasting.append(number)
            else:
                entries[number] = None

    def prune(self, keep: Callable[[S], bool]) -> None:
        """Drop the entries of stories that `keep` refuses, with their places. Voids earlier look-ups."""
        kept = [pair for pair in self._entries if pair is not None and keep(pair[0])]
        if len(kept) < len(self._entries):
            batch = self._batch
            self.__init__()  # type: ignore[misc]
            self._batch = batch + 1
            self.add_all(kept)


def _due(line: deque[tuple[int, int]], at: int, number: int) -> None:
    """Note when an entry's story may close; earlier entries that may close later need not be kept in `line`."""
    at -= at % MINUTE
    while line and line[-1][0] >= at:
        line.pop()
    line.append((at, number))
