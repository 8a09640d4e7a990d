"""What is expected: how many stories of a series at this hour of this weekday, learned online, from the past only.

How it flows: a detector holds one `Pools`; a series belongs to the pool of its market (calendar_of). A pool keeps
what its series share: a clock of live time, exposure and stories per hour of the week, the mean level, the
over-dispersion. A `Track` keeps what is the series' own: its level (fast memory), its own hours (slow memory).
A series' own hour counts as far as its own stories go, else the pool's rhythm times the series' level is taken;
a new series starts from the pool's mean level with the weight of half a story, so its own history soon wins.

Time without data needs no step: exposure is the pool's, and grows when any of its series has data. A pool in
which nothing at all was heard for longer than 72 h (or twenty times its mean interval) was not listening: that
time is dead, it neither decays nor counts as calm. The 1987 wire has sixteen such weeks.

Memory fades by forward decay (Cormode et al. 2009): what is added at live time L is weighted e^(L/memory), and
read relative to now; so nothing has to be aged. Incidents are learned with a fraction of their excess: a crash
does not become normal in a day, a new normal does in about twice the memory.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from math import exp, sqrt
from operator import attrgetter

import msgspec

from alerts.calendar import HOURS_OF_WEEK, Calendar, calendar, calendar_of
from core.times import HOUR

SLOW = 4.0
"""Memory of the hours of the week is this many times that of the level."""
GENERATION = 30.0
"""After so many slow memories the weights are scaled back (e^30 stays exact enough in 32 bits)."""
OWN_HOUR = 8.0
"""Stories after which a series' own hour weighs as much as the pool's."""
POOL_DAY = 5.0
"""Stories after which an hour of the day weighs as much as a flat day, and one of working days or weekends as that."""
POOL_HOUR = 20.0
"""Stories after which an hour of one weekday weighs as much as that hour of all working days."""
DOUBT_DAYS = 2.0
"""One day heard weighs so much against not knowing an hour's rhythm at all (a relative variance of 1)."""
NEWCOMER = 0.5
"""Stories' worth of belief in the pool's mean level."""
DEAD_HOURS = 72.0
RHYTHM_MS = 6 * HOUR
"""How often a pool's rhythm is drawn from its hours."""
ODD = 0.003
"""A window with a p-value below this is out of the ordinary: what is in it is learned with a fraction of its weight."""
INCIDENT = 0.25
"""Weight of a block with an incident in the spread."""
FIRST_WEEK = 168.0
"""Hours heard before which nothing is known to be an incident, and all is learned in full."""
EARLY = 12
"""Own hours are kept as pairs until there are more than so many."""


class Track:
    """One series' own memory. Weights are relative to the pool's generation `born`."""

    __slots__ = (
        "block",
        "block_n",
        "born",
        "early",
        "excess",
        "fast",
        "hours",
        "missing",
        "odd",
        "odd_at",
        "slow",
        "weight",
    )

    def __init__(self, generation: int) -> None:
        self.born = generation
        self.fast = 0.0
        self.slow = 0.0
        self.missing = 0.0
        """Fast-weighted exposure during which none of its sources was read."""
        self.early: dict[int, float] | None = {}
        self.hours: array[float] | None = None
        self.block = -1
        self.block_n = 0
        self.odd = False
        """Whether the block holds an incident."""
        self.odd_at = -1
        """End of the last window that was out of the ordinary."""
        self.excess = 0.0
        self.weight = 0.0

    def hour(self, b: int) -> float:
        """Slow-weighted stories in hour `b` of the week."""
        if self.hours is not None:
            return self.hours[b]
        assert self.early is not None
        return self.early.get(b, 0.0)

    def add(self, b: int, stories: float) -> None:
        """Learn slow-weighted stories in hour `b`."""
        if self.hours is None:
            early = self.early
            assert early is not None
            early[b] = early.get(b, 0.0) + stories
            if len(early) > EARLY:
                self.hours = array("f", bytes(4 * HOURS_OF_WEEK))
                for known, value in early.items():
                    self.hours[known] = value
                self.early = None
        else:
            self.hours[b] += stories

    def rescale(self, slow: float, fast: float) -> None:
        """Scale all weights back."""
        self.fast *= fast
        self.missing *= fast
        self.slow *= slow
        if self.hours is not None:
            self.hours = array("f", [value * slow for value in self.hours])
        else:
            self.early = {b: value * slow for b, value in (self.early or {}).items()}

    def dump(self) -> tuple[object, ...]:
        """Everything, as msgpack can carry it."""
        hours = self.hours.tobytes() if self.hours is not None else None
        return (
            self.born,
            self.fast,
            self.slow,
            self.missing,
            self.early,
            hours,
            self.block,
            self.block_n,
            self.odd,
            self.odd_at,
            self.excess,
            self.weight,
        )

    @classmethod
    def load(cls, state: tuple) -> Track:
        """The track whose `dump` this is."""
        track = cls(state[0])
        _, track.fast, track.slow, track.missing, track.early, hours, *rest = state
        track.block, track.block_n, track.odd, track.odd_at, track.excess, track.weight = rest
        if hours is not None:
            track.hours = array("f")
            track.hours.frombytes(hours)
        return track


_PLAIN = (
    "now",
    "live",
    "generation",
    "steps",
    "series",
    "learned",
    "fast",
    "exposure",
    "rhythm_hours",
    "rhythm_at",
    "excess",
    "weight",
)
_ARRAYS = ("stories", "hours", "rhythm", "doubt")


class Pool:
    """What the series of one market share. `memory` and all exposure are in hours of live time."""

    plain: tuple[str, ...] = _PLAIN
    arrays: tuple[str, ...] = _ARRAYS
    plain_of = attrgetter(*_PLAIN)
    arrays_of = attrgetter(*_ARRAYS)

    def __init__(self, name: str, memory: float, window: int) -> None:
        self.name = name
        self.calendar: Calendar = calendar(name)
        self.memory = memory
        self.window = window
        self.now = -1
        self.live = 0.0
        self.generation = 0
        self.steps = 0
        self.series = 0
        self.learned = 0
        """Stories learned, unweighted."""
        self.fast = 0.0
        self.exposure = 0.0
        """Fast-weighted hours, each weighted by the rhythm of its hour."""
        self.stories = array("d", bytes(8 * HOURS_OF_WEEK))
        self.hours = array("d", bytes(8 * HOURS_OF_WEEK))
        self.rhythm = array("d", [1.0] * HOURS_OF_WEEK)
        self.doubt = array("d", [1.0] * HOURS_OF_WEEK)
        """How unsure each hour's rhythm is: the relative variance that days not heard yet leave in it."""
        self.rhythm_hours = 0.0
        """Slow hours weighted by rhythm, as of `rhythm_at`."""
        self.rhythm_at = -1
        self.excess = 5.0
        self.weight = 10.0
        self._weights()

    def _weights(self) -> None:
        """Forward weights at the present live time, relative to the generation."""
        span = GENERATION * SLOW * self.memory
        since = self.live - self.generation * span
        while since >= span:
            self.generation += 1
            since -= span
            self._turn(*self.scale(1))
        self.at_fast = exp(since / self.memory)
        self.at_slow = exp(since / (self.memory * SLOW))

    def _turn(self, slow: float, fast: float) -> None:
        """A new generation: scale all weights back."""
        self.fast *= fast
        self.exposure *= fast
        self.rhythm_hours *= slow
        for b in range(HOURS_OF_WEEK):
            self.stories[b] *= slow
            self.hours[b] *= slow

    def scale(self, generations: int) -> tuple[float, float]:
        """What slow and fast weights shrink by over so many generations."""
        return exp(-GENERATION * generations), exp(-GENERATION * SLOW * generations)

    def advance(self, end: int, hop: int) -> float:
        """Some series has data in the `hop` milliseconds up to `end`: move the clock there; returns live hours."""
        if end <= self.now:
            return 0.0
        if self.now < 0:
            self.now = end - hop
        gap = (end - self.now) / HOUR
        usual = self.live / self.steps if self.steps else 0.0
        if gap > max(DEAD_HOURS, 20.0 * usual):
            self.now = end - min(hop, HOUR)
            gap = (end - self.now) / HOUR
        self.steps += 1
        self.live += gap
        self._weights()
        start, fast, slow = self.now, self.at_fast, self.at_slow
        while start < end:
            hour = start // HOUR
            stop = min(end, (hour + 1) * HOUR)
            part = (stop - start) / HOUR
            b = self.calendar.bin(hour)
            self.hours[b] += part * slow
            self.exposure += part * self.rhythm[b] * fast
            start = stop
        self.now = end
        if end // RHYTHM_MS != self.rhythm_at:
            self._learn_rhythm(end // RHYTHM_MS)
        return gap

    def _learn_rhythm(self, at: int) -> None:
        self.rhythm_at = at
        hours, stories = self.hours, self.stories
        exposure = sum(hours)
        mean = (sum(stories) + 1e-9) / (exposure + 1e-9)
        prior_day, prior = POOL_DAY * self.at_slow, POOL_HOUR * self.at_slow
        rhythm = [0.0] * HOURS_OF_WEEK
        doubt = [0.0] * HOURS_OF_WEEK
        # From coarse to fine, each drawn to the one before: hour of the day, of working days or weekends, of the week.
        for hour_of_day in range(24):
            daily = _rate(stories, hours, range(hour_of_day, HOURS_OF_WEEK, 24), prior_day, mean)
            for first, last in ((0, 120), (120, HOURS_OF_WEEK)):
                bins = range(first + hour_of_day, last, 24)
                usual = _rate(stories, hours, bins, prior_day, daily)
                days = sum([hours[b] for b in bins]) / self.at_slow
                for b in bins:
                    doubt[b] = 1.0 / (1.0 + DOUBT_DAYS * days)
                    rhythm[b] = usual / mean * (prior + stories[b]) / (prior + hours[b] * usual)
        weighted = sum([r * e for r, e in zip(rhythm, hours, strict=True)])
        norm = exposure / weighted if weighted > 0.0 else 1.0
        self.rhythm = array("d", [r * norm for r in rhythm])
        self.doubt = array("d", doubt)
        self.rhythm_hours = weighted * norm

    @property
    def level(self) -> float:
        """Mean stories an hour of one of its series."""
        if self.exposure <= 0.0 or not self.series:
            return 0.0
        return self.fast / self.exposure / self.series

    def copy(self) -> tuple[object, ...]:
        """Everything but what follows from it, cheaply; `packed` makes a dump of it."""
        return (*self.plain_of(self), *[values[:] for values in self.arrays_of(self)])

    def packed(self, copy: tuple[object, ...]) -> dict[str, object]:
        """The dump of what `copy` kept."""
        names = (*self.plain, *self.arrays)
        return {
            name: value.tobytes() if isinstance(value, array) else value
            for name, value in zip(names, copy, strict=True)
        }

    def dump(self) -> dict[str, object]:
        """Everything but what follows from it."""
        return self.packed(self.copy())

    def restore(self, state: dict) -> None:
        """Become what was dumped."""
        for name in self.plain:
            setattr(self, name, state[name])
        for name in self.arrays:
            if name in state:  # states of before `doubt` was kept have none
                values = array("d")
                values.frombytes(state[name])
                setattr(self, name, values)
        self._weights()


def _rate(stories: array[float], hours: array[float], bins: range, prior: float, usual: float) -> float:
    """Stories an hour in these bins, drawn to `usual` with the weight of `prior` stories."""
    n, e = sum([stories[b] for b in bins]), sum([hours[b] for b in bins])
    return usual * (prior + n) / (prior + e * usual)


class Baseline:
    """Expected stories of every series of a rule, with the spread about it."""

    def __init__(self, window: int, memory_hours: float, exchange: str = "auto") -> None:
        self.window = window
        self.memory = memory_hours
        self.exchange = exchange
        self.pools: dict[str, Pool] = {}
        self.tracks: dict[str, Track] = {}
        self._pool_of: dict[str, Pool] = {}
        self._before: tuple[str, str, tuple[object, ...], bytes | None] | None = None

    def forget_prior(self) -> None:
        """A new step begins."""
        self._before = None

    def prior(self, series: str) -> dict[str, bytes]:
        """State by name ("" and `series`) as it was before this step's learning."""
        own = {series: self.dump(series)} if series in self.tracks else {}
        if self._before is None:
            return {"": self.dump("")} | own
        name, market, kept, track = self._before
        pools = {
            other: pool.packed(kept) if other == market else pool.dump() for other, pool in self.pools.items()
        }
        return {"": _pack(pools)} | ({name: track} if track is not None else {})

    def pool(self, series: str) -> Pool:
        """The series' pool, made when new."""
        known = self._pool_of.get(series)
        if known is None:
            name = calendar_of(series) if self.exchange == "auto" else self.exchange
            known = self.pools.get(name)
            if known is None:
                known = self.pools[name] = Pool(name, self.memory, self.window)
            self._pool_of[series] = known
        return known

    def expect(
        self, pool: Pool, track: Track | None, start: int, end: int, *, either: bool = False
    ) -> tuple[float, float]:
        """(mean, size) of the negative binomial of stories in [start, end), from what is known so far.

        `either`: an exchange's holiday is half taken for a Sunday, half for a plain day, as wires do not close with
        exchanges; what the two differ by is spread.
        """
        level, belief = self.level(pool, track)
        hours, apart = self._rhythm(pool, track, start, end, either)
        mean = level * hours
        if track is not None:
            spread = (track.excess + 10.0 * pool.excess / pool.weight) / (track.weight + 10.0)
        else:
            spread = pool.excess / pool.weight
        bins, doubt = pool.calendar.bin, pool.doubt
        unsure = 0.5 * (doubt[bins(start // HOUR)] + doubt[bins((end - 1) // HOUR)])
        return mean, 1.0 / (max(spread, 1e-3) + unsure + apart + 1.0 / belief)

    def level(self, pool: Pool, track: Track | None) -> tuple[float, float]:
        """The series' stories in an hour of rhythm 1, and the stories that this rests on."""
        at, mean = pool.at_fast, pool.level
        if mean <= 0.0:
            return 0.0, NEWCOMER
        if track is None:
            belief, hours = NEWCOMER, NEWCOMER / mean + pool.exposure / at
        else:
            self._touch(pool, track)
            belief = NEWCOMER + track.fast / at
            hours = NEWCOMER / mean + max(0.0, pool.exposure - track.missing) / at
        return belief / hours, belief

    def _touch(self, pool: Pool, track: Track) -> None:
        if track.born != pool.generation:
            track.rescale(*pool.scale(pool.generation - track.born))
            track.born = pool.generation

    def _rhythm(
        self, pool: Pool, track: Track | None, start: int, end: int, either: bool = False
    ) -> tuple[float, float]:
        """Hours of [start, end), each weighted by its usual share of the week, as far as known for this series; and the
        relative variance that holidays leave in that, where they are `either` Sundays or plain days."""
        weigh, bins = self._weigher(pool, track), pool.calendar.bin
        total, apart, first, last = 0.0, 0.0, start // HOUR, (end - 1) // HOUR
        for hour in range(first, last + 1):
            weight = weigh(bins(hour))
            part = 1.0
            if hour in (first, last):
                part = (min(end, (hour + 1) * HOUR) - max(start, hour * HOUR)) / HOUR
            if either and (plain := pool.calendar.plain(hour)) is not None:
                other = weigh(plain)
                apart += 0.5 * abs(other - weight) * part
                weight = 0.5 * (weight + other)
            total += weight * part
        return total, (apart / total) ** 2 if apart else 0.0

    def _weigher(self, pool: Pool, track: Track | None) -> Callable[[int], float]:
        """The share of each hour of the week: the pool's, drawn to the series' own stories in that hour."""
        rhythm = pool.rhythm
        if track is None or track.slow <= 0.0 or pool.rhythm_hours <= 0.0:
            return rhythm.__getitem__
        prior, usual, hours = OWN_HOUR * pool.at_slow, track.slow / pool.rhythm_hours, pool.hours
        own = track.hour

        def weigh(b: int) -> float:
            weight = rhythm[b]
            return weight * (prior + own(b)) / (prior + hours[b] * usual * weight)

        return weigh

    def learn(self, series: str, pool: Pool, start: int, end: int, stories: float, seen: int) -> None:
        """Take in a hop with data: `seen` stories, of which the baseline believes `stories` (incidents count less)."""
        track = self.tracks.get(series)
        if self._before is None:
            self._before = (series, pool.name, pool.copy(), None if track is None else _pack(track.dump()))
        pool.advance(end, end - start)
        track = self._track(series, pool)
        self._touch(pool, track)
        track.fast += stories * pool.at_fast
        slow = stories * pool.at_slow
        track.slow += slow
        b = pool.calendar.bin((end - 1) // HOUR)
        track.add(b, slow)
        pool.fast += stories * pool.at_fast
        pool.stories[b] += slow
        pool.learned += seen
        self._learn_spread(pool, track, end, seen, stories < seen)

    def _track(self, series: str, pool: Pool) -> Track:
        track = self.tracks.get(series)
        if track is None:
            track = self.tracks[series] = Track(pool.generation)
            pool.series += 1
        return track

    def odd(self, series: str, pool: Pool, end: int) -> None:
        """The window that ends at `end` is out of the ordinary: hops in it shall count less."""
        track = self.tracks.get(series)
        if self._before is None:
            self._before = (series, pool.name, pool.copy(), None if track is None else _pack(track.dump()))
        self._track(series, pool).odd_at = end

    def was_odd(self, series: str, hop_end: int) -> bool:
        """Whether a hop that ended then was in a window out of the ordinary."""
        track = self.tracks.get(series)
        return track is not None and track.odd_at >= hop_end

    def _learn_spread(self, pool: Pool, track: Track, end: int, seen: int, odd: bool) -> None:
        """Over-dispersion by moments over blocks of one window's length, empty ones in closed form.

        A block's estimate of 1/size is ((n - mean)² - mean) / mean², worth mean² / (1 + mean²) of a block with many
        stories. Incidents are no spread: three standard deviations are believed, with INCIDENT of the weight.
        """
        block = (end - 1) // self.window
        if block == track.block:
            track.block_n += seen
            track.odd |= odd
            return
        if track.block >= 0 and pool.live > 24.0:
            begin = track.block * self.window
            level, _ = self.level(pool, track)
            mean = max(level * self._rhythm(pool, track, begin, begin + self.window)[0], 1e-6)
            square = mean * mean
            most = mean + 3.0 * sqrt(mean + square * pool.excess / pool.weight) + 1.0
            count = min(float(track.block_n), most)
            worth = (INCIDENT if track.odd else 1.0) / (1.0 + square)
            average = level * self.window / HOUR
            empty = min(float(block - track.block - 1), DEAD_HOURS * HOUR / self.window) / (
                1.0 + average * average
            )
            excess = worth * ((count - mean) ** 2 - mean) + empty * (average * average - average)
            weight = worth * square + empty * average * average
            track.excess += excess
            track.weight += weight
            pool.excess = max(pool.excess + excess, 1e-3)
            pool.weight += weight
            if pool.weight > 4_000.0:
                pool.excess *= 0.5
                pool.weight *= 0.5
            if track.weight > 200.0:
                track.excess *= 0.5
                track.weight *= 0.5
        track.block, track.block_n, track.odd = block, seen, odd

    def skip(self, series: str, pool: Pool, start: int, end: int) -> None:
        """None of the series' sources was being read in [start, end): this is no calm."""
        track = self.tracks.get(series)
        if track is not None:
            self._touch(pool, track)
            track.missing += (end - start) / HOUR * pool.at_fast

    def dump(self, series: str) -> bytes:
        """One series' state; "" gives the pools'."""
        if not series:
            return _pack({name: pool.dump() for name, pool in self.pools.items()})
        return _pack(self.tracks[series].dump())

    def load(self, series: str, state: bytes) -> None:
        """Restore what `dump` gave."""
        if not series:
            for name, known in msgspec.msgpack.decode(state).items():
                pool = self.pools.setdefault(name, Pool(name, self.memory, self.window))
                pool.restore(known)
        else:
            self.tracks[series] = Track.load(msgspec.msgpack.decode(state, type=tuple, strict=False))


_pack: Callable[[object], bytes] = msgspec.msgpack.Encoder().encode
