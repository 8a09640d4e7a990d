"""Finding the few stories that an article may belong to, among very many open ones, at a cost that does not grow.

All stands in flat arrays, by key (alerts/stories/keys.py). Per key a row of the LATEST tellings that have it, so that
keys are read and compared many at once; and per key the newest telling, per telling and key the one before, for the
rows in which stories have closed and older ones may have to move up. Rows that nobody wrote to take no memory.

A pane's articles are looked up together (`look_up`) and then asked for one by one (`candidates`): what was added in
between is found beside it, and where that or time may have moved a row, the article is looked up again, alone. So
what is found is the same as if each had been looked up when its turn came.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerts.stories.facts import Facts
from alerts.stories.keys import BANDS, FIRST_SLOT, KEYS, band_keys, fact_slots, slots
from core.times import MINUTE

LATEST = 24
"""Ways of telling looked at under one key, the latest first."""
FAR_BITS = 60
"""Signatures further apart are never compared."""
FAR_ALIKE = 46
"""Nor, within one language, signatures further apart than this."""
TOGETHER = 1_024
"""Tellings whose keys are found at once."""
LASTING = 64
"""Tellings of stories that went on are asked for their end so many at a time."""
PLACE_BITS = 32
"""A key and its place among those entered together are one number while sorted."""
_HALF = (1 << 64) - 1
_NEVER = (1 << 31) - 1


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
P = TypeVar("P")


class LookedUp(msgspec.Struct, gc=False):
    """What the rows held of one article's keys when it was looked up."""

    own: NDArray[np.int64]
    """The keys under which it will be found itself."""
    near: list[tuple[int, int, int, int]]
    """(telling, differing bits, key, place in that key's row, from the eldest) of what is near enough to compare."""
    shared: list[tuple[int, int, int, bool]]
    """(key, how many tellings its row held, the eldest of these, whether the key is its own) of keys that others have
    too of those looked up together."""
    eldest: int
    """The eldest telling of the rows that are full: where that may have closed, a row may have moved."""
    languages: int
    """How many there were."""
    batch: int
    """With whom it was looked up."""


class StoryIndex(Generic[S, T]):
    """Tellings by key, in the order in which they came."""

    def __init__(self) -> None:
        self._tellings: list[tuple[S, T] | None] = []
        """None: of a story that is closed for good."""
        self._passed = 0
        """Tellings before this one were looked at when their stories may have closed."""
        self._lasting: deque[int] = deque()
        """Those of them whose stories had not."""
        self._languages: dict[str, int] = {}
        self._row: NDArray[np.int32] = np.zeros((KEYS, LATEST), np.int32)
        """By key, the last tellings that have it (1 = the first of all, 0 = none), written round and round."""
        self._flat = self._row.reshape(-1)
        self._written: NDArray[np.int32] = np.zeros(KEYS, np.int32)
        """By key, how many its row was given; with more than LATEST the chain may know of older ones."""
        self._head: NDArray[np.int32] = np.zeros(KEYS, np.int32)
        """By key, the last node of its chain (1 = the first of all, 0 = none)."""
        self._before, self._owner = array("i"), array("i")
        """By node, the one before it in its chain, and whose telling it is."""
        self._low, self._high = array("Q"), array("Q")
        """Signatures, in halves."""
        self._fresh = 0
        """Tellings from this one on are surely of open stories."""
        self._last: deque[tuple[int, int]] = deque()
        self._first: deque[tuple[int, int]] = deque()
        self._unlinked: list[tuple[int, NDArray[np.int64]]] = []
        """Tellings and their keys, not yet entered into the rows."""
        self._batch = 0
        """Articles looked up together are of one batch; what changes behind its back begins another."""
        self._recent: dict[int, list[int]] = {}
        """Key that several of the batch have -> their tellings that were added since."""

    def __len__(self) -> int:
        return len(self._tellings)

    def add(self, story: S, told: T, known: LookedUp | None = None) -> None:
        """One more way in which `story` was told; `known`: what was looked up of it."""
        if known is None or known.batch != self._batch:
            self.add_all([(story, told)])
            return
        number = self._enter(story, told, known.own)
        for key, _, _, own in known.shared:
            if own:
                self._recent[key].append(number)

    def add_all(self, pairs: Sequence[tuple[S, T]]) -> None:
        """Many ways in which stories were told, in the order in which they came. Voids what was looked up before."""
        self._batch += 1
        for start in range(0, len(pairs), TOGETHER):
            some = pairs[start : start + TOGETHER]
            tellings = [told for _, told in some]
            at, first = _keys(tellings, [slots(told.facts, told.language) for told in tellings])
            for (story, told), begin, end in zip(some, first[:-1].tolist(), first[1:].tolist(), strict=True):
                self._enter(story, told, at[begin:end])

    def _enter(self, story: S, told: T, keys: NDArray[np.int64]) -> int:
        number, language = len(self._tellings), told.language
        self._tellings.append((story, told))
        self._languages[language] = self._languages.get(language, 0) + 1
        self._low.append(told.signature & _HALF)
        self._high.append(told.signature >> 64)
        _due(self._last, story.last_at, number)
        _due(self._first, story.first_at, number)
        self._unlinked.append((number, keys))
        return number

    def look_up(self, tellings: Sequence[T], since: int, oldest: int) -> list[LookedUp]:
        """Look up articles that `candidates` will be asked for; `since` and `oldest` as for the first of them. Makes
        void what was looked up before."""
        self._batch += 1
        found = self._look(tellings, since, oldest)
        self._recent = {key: [] for one in found for key, _, _, _ in one.shared}
        return found

    def _look(self, tellings: Sequence[T], since: int, oldest: int) -> list[LookedUp]:
        self._link()
        self._freshen(since, oldest)
        looked, own, nearest = [], [], []
        alone = len(self._languages) == 1
        for told in tellings:
            found = slots(told.facts, told.language)
            own.append(len(found))
            for language in self._languages:
                if language != told.language:
                    found += fact_slots(told.facts, language)
            looked.append(found)
            nearest.append(FAR_ALIKE if alone and told.language in self._languages else FAR_BITS)
        at, first = _keys(tellings, looked)
        counts = np.diff(first)
        mine = counts + np.array(own) - np.array([len(found) for found in looked])
        eldest = self._eldest(at)
        if self._fresh and (worn := eldest <= self._fresh).any():
            for key in set(at[worn].tolist()):
                self._renew(key, since, oldest)
            eldest = self._eldest(at)
        written = self._written.take(at)
        of = np.repeat(np.arange(len(tellings)), counts)
        held = self._row.take(at, 0).ravel()
        filled = np.flatnonzero(held)
        listed = held.take(filled) - 1
        which = filled // LATEST
        whose = of.take(which)
        bits = self._differing(tellings, listed, whose)
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
        nears = _split(list(near), whose.take(close), len(tellings))
        common = np.flatnonzero(_repeated(at))
        shared = zip(
            at.take(common).tolist(),
            np.minimum(written.take(common), LATEST).tolist(),
            self._first_of(at.take(common)).tolist(),
            (common < (first[:-1] + mine).take(of.take(common))).tolist(),
            strict=True,
        )
        shares = _split(list(shared), of.take(common), len(tellings))
        least = np.minimum.reduceat(np.append(eldest, _NEVER), first[:-1]).tolist()
        languages, batch = len(self._languages), self._batch
        begins, ends = first[:-1].tolist(), (first[:-1] + mine).tolist()
        return [
            LookedUp(at[begin:end], nears[n], shares[n], least[n], languages, batch)
            for n, (begin, end) in enumerate(zip(begins, ends, strict=True))
        ]

    def _differing(
        self, tellings: Sequence[T], listed: NDArray[np.int32], whose: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """How many bits the signatures of the tellings listed differ in from those of the articles that look."""
        halves = _halves(tellings)
        found = np.zeros(len(listed), np.uint8)
        for half, known in enumerate((self._low, self._high)):
            theirs = np.frombuffer(known, np.uint64).take(listed)
            found += np.bitwise_count(theirs ^ halves[:, half].take(whose))
        return found

    def _first_of(self, at: NDArray[np.int64]) -> NDArray[np.int32]:
        """The eldest telling in the row of each of these keys (1 = the first of all, 0 = none)."""
        written = self._written.take(at)
        return self._flat.take(at * LATEST + np.where(written > LATEST, written % LATEST, 0))

    def _eldest(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same of rows that were given more than they hold; _NEVER of others."""
        return np.where(self._written.take(at) > LATEST, self._first_of(at), _NEVER)

    def candidates(
        self, told: T, since: int, oldest: int, known: LookedUp | None = None
    ) -> list[tuple[int, S, T]]:
        """(differing bits, story, way of telling) of what may be near, in no order, in stories whose last article came
        at or after `since` and the first at or after `oldest`: a function of what was added, whenever it was pruned
        and with whom the article was looked up (`known`: of the last `look_up`). Neither time may go back from call
        to call: what is behind them is taken out of the chains on the way."""
        self._freshen(since, oldest)
        near = self._with_recent(told, known) if known is not None and self._holds(known) else None
        if near is None:
            [known] = self._look([told], since, oldest)
            near = {number: bits for number, bits, _, _ in known.near}
        found: list[tuple[int, S, T]] = []
        for number, differ in near.items():
            pair = self._tellings[number]
            if pair is None:
                continue
            story, other = pair
            if (
                story.last_at >= since
                and story.first_at >= oldest
                and (differ <= FAR_ALIKE or other.language != told.language)
            ):
                found.append((differ, story, other))
        return found

    def _holds(self, known: LookedUp) -> bool:
        """Whether nothing happened since the look-up but time and additions that `_with_recent` knows of."""
        return (
            known.batch == self._batch
            and known.languages == len(self._languages)
            and known.eldest > self._fresh
        )

    def _with_recent(self, told: T, known: LookedUp) -> dict[int, int] | None:
        """What is near, with what was added since the look-up: that pushes the eldest out of rows that are full. None
        where these may be closed, and others so have their places."""
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
                if number not in near and (pair := self._tellings[number]) is not None:
                    near[number] = (pair[1].signature ^ told.signature).bit_count()
        if near:
            near = {number: bits for number, bits in near.items() if bits <= FAR_BITS}
        for number, bits, key, age in known.near:
            if age >= pushed.get(key, 0):
                near[number] = bits
        return near

    def _link(self) -> None:
        """Enter what was added into rows and chains."""
        if not self._unlinked:
            return
        at = np.concatenate([keys for _, keys in self._unlinked])
        numbers = np.repeat(
            np.array([number for number, _ in self._unlinked], np.int32),
            [len(keys) for _, keys in self._unlinked],
        )
        self._unlinked = []
        if not len(at):
            return
        first = len(self._owner) + 1
        nodes = np.arange(first, first + len(at), dtype=np.int32)
        placed = (at << PLACE_BITS) | np.arange(
            len(at)
        )  # sorted with their places: faster than a stable argsort
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
        written = self._written.take(at) + place
        back = np.empty_like(before)
        back[order] = before
        self._before.frombytes(back.astype(np.int32).tobytes())
        self._owner.frombytes(numbers.tobytes())
        # Of one key's several, the last stays: fancy assignment goes from left to right.
        self._head[at] = mine
        self._flat[at * LATEST + written % LATEST] = of + 1
        self._written[at] = written + 1

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
            number, older = owner[node - 1], before[node - 1]
            pair = self._tellings[number]
            if pair is not None and pair[0].last_at >= since and pair[0].first_at >= oldest:
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

    def let_go(self, keep: Callable[[S], bool]) -> None:
        """Forget what tellings say whose stories are not to be kept; none is ever again. Their places stay until
        `prune`. Each is looked at once when its time has come, and the few of stories that went on again and again."""
        tellings, lasting = self._tellings, self._lasting
        due = [lasting.popleft() for _ in range(min(LASTING, len(lasting)))]
        due += range(self._passed, self._fresh)
        self._passed = max(self._passed, self._fresh)
        for number in due:
            pair = tellings[number]
            if pair is not None and keep(pair[0]):
                lasting.append(number)
            else:
                tellings[number] = None

    def prune(self, keep: Callable[[S], bool]) -> None:
        """Forget stories that are not to be kept. What was looked up before is void."""
        kept = [pair for pair in self._tellings if pair is not None and keep(pair[0])]
        if len(kept) < len(self._tellings):
            batch = self._batch
            self.__init__()  # type: ignore[misc]
            self._batch = batch + 1
            self.add_all(kept)


def _halves(tellings: Sequence[Keyed]) -> NDArray[np.uint64]:
    """Signatures as (low, high)."""
    return np.array([(told.signature & _HALF, told.signature >> 64) for told in tellings], np.uint64)


def _keys(
    tellings: Sequence[Keyed], places: Sequence[Sequence[int]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The keys of all these, one article's after another's: its bands where it has a signature, and its slots; and
    where each one's begin (n + 1 numbers)."""
    signed = np.array([told.signature != 0 for told in tellings])
    sizes = np.array([len(found) for found in places], np.int64)
    first = np.zeros(len(tellings) + 1, np.int64)
    np.cumsum(sizes + BANDS * signed, out=first[1:])
    at = np.empty(first[-1], np.int64)
    banded = np.zeros(len(at), bool)
    banded[(first[:-1][signed][:, None] + np.arange(BANDS)).ravel()] = True
    at[banded] = band_keys(_halves(tellings))[signed].ravel()
    at[~banded] = np.array([slot for found in places for slot in found], np.int64) + FIRST_SLOT
    return at, first


def _repeated(keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of these keys stand there more than once."""
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.zeros(len(keys), bool)
    return twice.take(twice.searchsorted(keys), mode="clip") == keys


def _split(things: list[P], whose: NDArray[np.int64], number: int) -> list[list[P]]:
    """Things in the order of their owners 0..number-1, by owner."""
    border = whose.searchsorted(np.arange(number + 1)).tolist()
    return [things[border[n] : border[n + 1]] for n in range(number)]


def _due(line: deque[tuple[int, int]], at: int, number: int) -> None:
    """Enter when a telling's story may close; whoever comes before and may close later need not be told of."""
    at -= at % MINUTE
    while line and line[-1][0] >= at:
        line.pop()
    line.append((at, number))
