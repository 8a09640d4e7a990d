"""What a story of a series is usually worth (its share of negative ones, its sentiment), learned online.

Pooled like the counts (memory.py, market_baseline.py): a series starts from its market's mean with the weight
of PRIOR stories, shifted by what the hour of the week usually adds, and moves to its own as its own stories
come. How much windows differ beyond chance (stories of one hour speak of one event) is a correlation between
stories, by moments over blocks of one window's length, the market's until a series has its own.
"""

from __future__ import annotations

from array import array
from math import sqrt
from operator import attrgetter
from typing import Any, ClassVar

from alerts.baselines.calendar import HOURS_OF_WEEK
from alerts.baselines.market_baseline import ARRAYS, PLAIN, MarketBaseline
from alerts.baselines.memory import Memory
from core.times import HOUR

PRIOR = 12.0
"""Stories after which a series' own mean weighs as much as the market's."""
PRIOR_HOUR = 60.0
"""Stories after which an hour's own shift counts half."""
FIRST_CORRELATION = 0.05
_PLAIN = (*PLAIN, "n", "total", "squares", "between", "within")
_ARRAYS = (*ARRAYS, "hour_n", "hour_total")
KEPT = ("between", "block", "block_n", "block_total", "born", "n", "unusual_at", "total", "within")
"""What is kept of a series' own mean."""


class MarketMeans(MarketBaseline):
    """A market of the counts' clock with values beside it."""

    def __init__(self, name: str, memory: float, window: int) -> None:
        super().__init__(name, memory, window)
        self.n = 0.0
        self.total = 0.0
        self.squares = 0.0
        self.hour_n = array("d", bytes(8 * HOURS_OF_WEEK))
        self.hour_total = array("d", bytes(8 * HOURS_OF_WEEK))
        self.between = FIRST_CORRELATION * 200.0
        self.within = 200.0

    plain: ClassVar[tuple[str, ...]] = _PLAIN
    arrays: ClassVar[tuple[str, ...]] = _ARRAYS
    plain_of: ClassVar[attrgetter[Any]] = attrgetter(*_PLAIN)
    arrays_of: ClassVar[attrgetter[Any]] = attrgetter(*_ARRAYS)

    def _turn(self, slow: float, fast: float) -> None:
        super()._turn(slow, fast)
        self.n *= slow
        self.total *= slow
        self.squares *= slow
        self.hour_n = array("d", [value * slow for value in self.hour_n])
        self.hour_total = array("d", [value * slow for value in self.hour_total])

    @property
    def mean(self) -> float:
        """The market's mean value of a story."""
        return self.total / self.n if self.n > 0.0 else 0.0

    @property
    def variance(self) -> float:
        """The market's variance of a story's value."""
        if self.n <= 0.0:
            return 0.0
        mean = self.total / self.n
        return max(self.squares / self.n - mean * mean, 1e-6)

    def shift(self, b: int) -> float:
        """Return what hour `b` (0..167) of the week adds to a story's value."""
        return (self.hour_total[b] - self.hour_n[b] * self.mean) / (
            self.hour_n[b] + PRIOR_HOUR * self.at_slow
        )


class SeriesMean:
    """One series' own values; forward weights of the market's generation `born`."""

    __slots__ = KEPT

    def __init__(self, born: int) -> None:
        self.born = born
        self.n = self.total = self.between = self.within = 0.0
        self.block = -1
        self.block_n = 0
        self.block_total = 0.0
        self.unusual_at = -1
        """End of the last window that was out of the ordinary."""

    def rescale(self, slow: float, fast: float) -> None:
        """Scale all weights back; values are kept with the fast weights alone."""
        self.n *= fast
        self.total *= fast

    def dump(self) -> tuple[object, ...]:
        """Return the whole state, as msgpack can carry it."""
        return _own(self)

    @classmethod
    def load(cls, dump: tuple[Any, ...]) -> SeriesMean:
        """Return a new SeriesMean from what `dump` returned. Raises ValueError for another number of values."""
        mean = cls(0)
        for name, value in zip(KEPT, dump, strict=True):
            setattr(mean, name, value)
        return mean


class Means(Memory[MarketMeans, SeriesMean]):
    """Baselines of a value per story, for all series of a rule."""

    def __init__(self, window: int, memory_hours: float, exchange: str = "auto") -> None:
        super().__init__(MarketMeans, SeriesMean, window, memory_hours, exchange)

    def expect(self, market: MarketMeans, series: str, b: int) -> tuple[float, float, float]:
        """Return (expected value, number of stories that it rests on, correlation) of the series in hour `b` (0..167).

        The market's values for a series that is not known yet.
        """
        state = self.states.get(series)
        common = market.between / market.within
        if state is None:
            return market.mean + market.shift(b), PRIOR, max(common, 1e-3)
        self.sync_generation(market, state)
        at = market.at_fast
        n, total = state.n / at, state.total / at
        mean = (PRIOR * market.mean + total) / (PRIOR + n)
        correlation = (state.between + 50.0 * common) / (state.within + 50.0)
        return mean + market.shift(b), PRIOR + n, min(max(correlation, 1e-3), 0.9)

    def learn(
        self,
        series: str,
        market: MarketMeans,
        start: int,
        end: int,
        n: int,
        total: float,
        squares: float,
        weight: float,
    ) -> None:
        """Learn a hop's `n` stories: their values' sum and sum of squares. `weight`: below 1 in an incident."""
        self.keep_prior(series, market)
        market.advance(end, end - start)
        state = self.own_state(series, market)
        self.sync_generation(market, state)
        b = market.calendar.bin((end - 1) // HOUR)
        fast, slow = weight * market.at_fast, weight * market.at_slow
        state.n += n * fast
        state.total += (total - n * market.shift(b)) * fast
        market.n += n * slow
        market.total += total * slow
        market.squares += squares * slow
        market.add("hour_n", market.hour_n, b, n * slow)
        market.add("hour_total", market.hour_total, b, total * slow)
        market.learned += n
        block = (end - 1) // self.window
        if block != state.block:
            self._learn_correlation(market, series, state, b)
            state.block, state.block_n, state.block_total = block, 0, 0.0
        state.block_n += n
        state.block_total += total

    def _learn_correlation(self, market: MarketMeans, series: str, state: SeriesMean, b: int) -> None:
        n = state.block_n
        if n < 2 or market.learned < 50:
            return
        mean, _, correlation = self.expect(market, series, b)
        variance = market.variance
        if variance <= 0.0:
            return
        deviation = abs(state.block_total - n * mean)
        deviation = min(deviation, 4.0 * sqrt(n * variance * (1.0 + (n - 1) * correlation)))
        # Per pair, in units of a story's variance; a block counts at most as 100 pairs, whatever its size.
        pairs = n * (n - 1.0)
        counted = min(pairs, 100.0)
        between = (deviation * deviation / variance - n) / pairs * counted
        state.between += between
        state.within += counted
        market.between = max(market.between + between, 1e-3 * market.within)
        market.within += counted
        if market.within > 20_000.0:
            market.between *= 0.5
            market.within *= 0.5
        if state.within > 2_000.0:
            state.between *= 0.5
            state.within *= 0.5


_own = attrgetter(*KEPT)
