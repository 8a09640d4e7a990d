"""What a story of a series is usually worth (its share of negative ones, its sentiment), learned online.

Pooled like the counts (baselines.py): a series starts from its market's mean with the weight of PRIOR stories,
shifted by what the hour of the week usually adds, and moves to its own as its own stories come. How much
windows differ beyond chance (stories of one hour speak of one event) is a correlation between stories,
by moments over blocks of one window's length, the pool's until a series has its own.
"""

from __future__ import annotations

from array import array
from math import sqrt
from operator import attrgetter

import msgspec

from alerts.baselines import _ARRAYS, _PLAIN, Pool
from alerts.calendar import HOURS_OF_WEEK, calendar_of

PRIOR = 12.0
"""Stories after which a series' own mean weighs as much as the pool's."""
PRIOR_HOUR = 60.0
"""Stories after which an hour's own shift counts half."""
FIRST_CORRELATION = 0.05


class MeanPool(Pool):
    """A pool of the counts' clock with values beside it."""

    def __init__(self, name: str, memory: float, window: int) -> None:
        super().__init__(name, memory, window)
        self.n = 0.0
        self.total = 0.0
        self.squares = 0.0
        self.hour_n = array("d", bytes(8 * HOURS_OF_WEEK))
        self.hour_total = array("d", bytes(8 * HOURS_OF_WEEK))
        self.between = FIRST_CORRELATION * 200.0
        self.within = 200.0

    plain = (*_PLAIN, "n", "total", "squares", "between", "within")
    arrays = (*_ARRAYS, "hour_n", "hour_total")
    plain_of = attrgetter(*plain)
    arrays_of = attrgetter(*arrays)

    def _turn(self, slow: float, fast: float) -> None:
        super()._turn(slow, fast)
        self.n *= slow
        self.total *= slow
        self.squares *= slow
        for b in range(HOURS_OF_WEEK):
            self.hour_n[b] *= slow
            self.hour_total[b] *= slow

    @property
    def mean(self) -> float:
        """The pool's mean value of a story."""
        return self.total / self.n if self.n > 0.0 else 0.0

    @property
    def variance(self) -> float:
        """The pool's variance of a story's value."""
        if self.n <= 0.0:
            return 0.0
        mean = self.total / self.n
        return max(self.squares / self.n - mean * mean, 1e-6)

    def shift(self, b: int) -> float:
        """What hour `b` of the week adds to a story's value."""
        return (self.hour_total[b] - self.hour_n[b] * self.mean) / (
            self.hour_n[b] + PRIOR_HOUR * self.at_slow
        )


class Mean:
    """One series' own values; forward weights of the pool's generation `born`."""

    __slots__ = ("between", "block", "block_n", "block_total", "born", "n", "odd_at", "total", "within")

    def __init__(self, born: int) -> None:
        self.born = born
        self.n = self.total = self.between = self.within = 0.0
        self.block = -1
        self.block_n = 0
        self.block_total = 0.0
        self.odd_at = -1
        """End of the last window that was out of the ordinary."""


class Means:
    """Baselines of a value per story, for all series of a rule."""

    def __init__(self, window: int, memory_hours: float, exchange: str = "auto") -> None:
        self.window = window
        self.memory = memory_hours
        self.exchange = exchange
        self.pools: dict[str, MeanPool] = {}
        self.tracks: dict[str, Mean] = {}
        self._pool_of: dict[str, MeanPool] = {}
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

    def pool(self, series: str) -> MeanPool:
        """The series' pool, made when new."""
        known = self._pool_of.get(series)
        if known is None:
            name = calendar_of(series) if self.exchange == "auto" else self.exchange
            known = self.pools.get(name)
            if known is None:
                known = self.pools[name] = MeanPool(name, self.memory, self.window)
            self._pool_of[series] = known
        return known

    def expect(self, pool: MeanPool, series: str, b: int) -> tuple[float, float, float]:
        """(mean, belief in stories, correlation) of a story of this series in hour `b`, as known so far."""
        track = self.tracks.get(series)
        common = pool.between / pool.within
        if track is None:
            return pool.mean + pool.shift(b), PRIOR, max(common, 1e-3)
        self._touch(pool, track)
        at = pool.at_fast
        n, total = track.n / at, track.total / at
        mean = (PRIOR * pool.mean + total) / (PRIOR + n)
        correlation = (track.between + 50.0 * common) / (track.within + 50.0)
        return mean + pool.shift(b), PRIOR + n, min(max(correlation, 1e-3), 0.9)

    def _touch(self, pool: MeanPool, track: Mean) -> None:
        if track.born != pool.generation:
            _, fast = pool.scale(pool.generation - track.born)
            track.n *= fast
            track.total *= fast
            track.born = pool.generation

    def learn(
        self,
        series: str,
        pool: MeanPool,
        start: int,
        end: int,
        n: int,
        total: float,
        squares: float,
        weight: float,
    ) -> None:
        """Take in a hop's `n` stories worth `total` (and the sum of squares), with `weight` below 1 in an incident."""
        self._remember(series, pool)
        pool.advance(end, end - start)
        track = self._track(series, pool)
        self._touch(pool, track)
        b = pool.calendar.bin((end - 1) // 3_600_000)
        fast, slow = weight * pool.at_fast, weight * pool.at_slow
        track.n += n * fast
        track.total += (total - n * pool.shift(b)) * fast
        pool.n += n * slow
        pool.total += total * slow
        pool.squares += squares * slow
        pool.hour_n[b] += n * slow
        pool.hour_total[b] += total * slow
        pool.learned += n
        block = (end - 1) // self.window
        if block != track.block:
            self._learn_correlation(pool, series, track, b)
            track.block, track.block_n, track.block_total = block, 0, 0.0
        track.block_n += n
        track.block_total += total

    def _remember(self, series: str, pool: MeanPool) -> None:
        if self._before is None:
            track = self.tracks.get(series)
            self._before = (series, pool.name, pool.copy(), None if track is None else _pack(_own(track)))

    def _track(self, series: str, pool: MeanPool) -> Mean:
        track = self.tracks.get(series)
        if track is None:
            track = self.tracks[series] = Mean(pool.generation)
            pool.series += 1
        return track

    def odd(self, series: str, pool: MeanPool, end: int) -> None:
        """The window that ends at `end` is out of the ordinary: hops in it shall count less."""
        self._remember(series, pool)
        self._track(series, pool).odd_at = end

    def was_odd(self, series: str, hop_end: int) -> bool:
        """Whether a hop that ended then was in a window out of the ordinary."""
        track = self.tracks.get(series)
        return track is not None and track.odd_at >= hop_end

    def _learn_correlation(self, pool: MeanPool, series: str, track: Mean, b: int) -> None:
        n = track.block_n
        if n < 2 or pool.learned < 50:
            return
        mean, _, correlation = self.expect(pool, series, b)
        variance = pool.variance
        if variance <= 0.0:
            return
        deviation = abs(track.block_total - n * mean)
        deviation = min(deviation, 4.0 * sqrt(n * variance * (1.0 + (n - 1) * correlation)))
        # Per pair, in units of a story's variance; a block counts at most as 100 pairs, whatever its size.
        pairs = n * (n - 1.0)
        counted = min(pairs, 100.0)
        between = (deviation * deviation / variance - n) / pairs * counted
        track.between += between
        track.within += counted
        pool.between = max(pool.between + between, 1e-3 * pool.within)
        pool.within += counted
        if pool.within > 20_000.0:
            pool.between *= 0.5
            pool.within *= 0.5
        if track.within > 2_000.0:
            track.between *= 0.5
            track.within *= 0.5

    def dump(self, series: str) -> bytes:
        """One series' state; "" gives the pools'."""
        if not series:
            return _pack({name: pool.dump() for name, pool in self.pools.items()})
        track = self.tracks[series]
        return _pack(_own(track))

    def load(self, series: str, state: bytes) -> None:
        """Restore what `dump` gave."""
        known = msgspec.msgpack.decode(state)
        if not series:
            for name, values in known.items():
                self.pools.setdefault(name, MeanPool(name, self.memory, self.window)).restore(values)
            return
        track = self.tracks[series] = Mean(0)
        for name, value in zip(Mean.__slots__, known, strict=True):
            setattr(track, name, value)


_own = attrgetter(*Mean.__slots__)
_pack = msgspec.msgpack.Encoder().encode
