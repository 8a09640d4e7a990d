"""What is expected: how many stories of a series at this hour of this weekday, learned online, from the past only.

A detector holds one `Baseline`. A series belongs to the `MarketBaseline` of its market, which keeps what its
series share (market_baseline.py); its `SeriesState` keeps what is its own (series_state.py); memory.py stores
both, and what they were before a step. A series' own hour counts as far as its own stories go, else the
market's rhythm times the series' level is taken; a new series starts from the market's mean level with the
weight of half a story, so its own history soon wins.

Incidents are learned with a fraction of their excess: a crash does not become normal in a day, a new normal does in
about twice the memory.
"""

from __future__ import annotations

from math import sqrt

from alerts.baselines.market_baseline import DEAD_HOURS, MarketBaseline
from alerts.baselines.memory import Memory
from alerts.baselines.series_state import SeriesState
from core.times import HOUR

OWN_HOUR = 8.0
"""Stories after which a series' own hour weighs as much as the market's."""
NEWCOMER = 0.5
"""Stories' worth of belief in the market's mean level."""
INCIDENT = 0.25
"""Weight of a block with an incident in the spread."""
UNKNOWN_RHYTHM = 0.25
"""More doubt of an hour of the week than one and a half days of its kind leave: its rhythm is not known."""
FIRST_WEEK = 168.0
"""Live hours before which nothing is known to be an incident, and all is learned in full."""


class Baseline(Memory[MarketBaseline, SeriesState]):
    """Expected stories of every series of a rule, with the spread about it."""

    def __init__(self, window: int, memory_hours: float, exchange: str = "auto") -> None:
        super().__init__(MarketBaseline, SeriesState, window, memory_hours, exchange)

    def expect(
        self, market: MarketBaseline, state: SeriesState | None, start: int, end: int, *, either: bool = False
    ) -> tuple[float, float]:
        """Return (mean, size) of the negative binomial of stories in [start, end), epoch ms, as known so far.

        `either`: an exchange's holiday counts half as a Sunday, half as a plain day, as wires do not close with
        exchanges; what the two differ by is spread.
        """
        level, belief = self.level(market, state)
        bins, plain = market.calendar.span(start // HOUR, (end - 1) // HOUR)
        if end <= start or (either and plain is not None):
            hours, apart = self._rhythm(market, state, start, end, either)
        else:
            hours, apart = self._hours(market, state, bins, start, end), 0.0
        mean = level * hours
        if state is not None:
            spread = (state.excess + 10.0 * market.excess / market.weight) / (state.weight + 10.0)
        else:
            spread = market.excess / market.weight
        doubt = market.doubt
        unsure = 0.5 * (doubt[bins[0]] + doubt[bins[-1]])
        return mean, 1.0 / (max(spread, 1e-3) + unsure + apart + 1.0 / belief)

    def knows_rhythm(self, market: MarketBaseline, start: int, end: int) -> bool:
        """Return whether the rhythm of the first and last hour of [start, end) (epoch ms) is known well enough.

        In the first week two days of their kind (working or weekend) must have had data then; later it always is. Of a
        Monday morning a Thursday afternoon, a day missing from the archive and a Sunday say nothing: no tail, however
        wide, makes up for that.
        """
        if market.live >= FIRST_WEEK:
            return True
        bins, doubt = market.calendar.bin, market.doubt
        return (
            doubt[bins(start // HOUR)] <= UNKNOWN_RHYTHM and doubt[bins((end - 1) // HOUR)] <= UNKNOWN_RHYTHM
        )

    def level(self, market: MarketBaseline, state: SeriesState | None) -> tuple[float, float]:
        """Return (the series' stories in an hour of rhythm 1, the number of stories that this rests on)."""
        at, mean = market.at_fast, market.level
        if mean <= 0.0:
            return 0.0, NEWCOMER
        if state is None:
            belief, hours = NEWCOMER, NEWCOMER / mean + market.exposure / at
        else:
            self.sync_generation(market, state)
            belief = NEWCOMER + state.fast / at
            hours = NEWCOMER / mean + max(0.0, market.exposure - state.missing) / at
        return belief / hours, belief

    def _rhythm(
        self, market: MarketBaseline, state: SeriesState | None, start: int, end: int, either: bool = False
    ) -> tuple[float, float]:
        """Return (hours of [start, end), each weighted by its usual share of the week for this series; the relative
        variance that holidays leave in that, where they are `either` Sundays or plain days)."""
        if end <= start:
            return 0.0, 0.0
        first, last = start // HOUR, (end - 1) // HOUR
        bins, plain = market.calendar.span(first, last)
        if not either or plain is None:
            return self._hours(market, state, bins, start, end), 0.0
        weights, others = self._weights(market, state, bins), self._weights(market, state, plain)
        apart = [0.5 * abs(other - weight) for weight, other in zip(weights, others, strict=True)]
        weights = [0.5 * (weight + other) for weight, other in zip(weights, others, strict=True)]
        if first == last:
            part = (end - start) / HOUR
            weights[0] *= part
            apart[0] *= part
        else:
            part, rest = ((first + 1) * HOUR - start) / HOUR, (end - last * HOUR) / HOUR
            weights[0] *= part
            weights[-1] *= rest
            apart[0] *= part
            apart[-1] *= rest
        total = unsure = 0.0
        for weight, doubt in zip(weights, apart, strict=True):  # sum() rounds otherwise from Python 3.12 on
            total += weight
            unsure += doubt
        return total, (unsure / total) ** 2 if unsure else 0.0

    def _hours(
        self, market: MarketBaseline, state: SeriesState | None, bins: tuple[int, ...], start: int, end: int
    ) -> float:
        """`_rhythm` of a stretch without a holiday, or of one whose holidays are Sundays."""
        weights = self._weights(market, state, bins)
        first, last = start // HOUR, (end - 1) // HOUR
        if first == last:
            return weights[0] * ((end - start) / HOUR)
        weights[0] *= ((first + 1) * HOUR - start) / HOUR
        weights[-1] *= (end - last * HOUR) / HOUR
        total = 0.0
        for weight in weights:  # sum() rounds otherwise from Python 3.12 on
            total += weight
        return total

    def _weights(
        self, market: MarketBaseline, state: SeriesState | None, bins: tuple[int, ...]
    ) -> list[float]:
        """Return the share of these hours of the week: the market's, shrunk to the series' own stories in each."""
        rhythm = market.rhythm
        if state is None or state.slow <= 0.0 or market.rhythm_hours <= 0.0:
            return [rhythm[b] for b in bins]
        prior, usual, hours = OWN_HOUR * market.at_slow, state.slow / market.rhythm_hours, market.hours
        if state.hours is not None:
            own = state.hours
            return [rhythm[b] * (prior + own[b]) / (prior + hours[b] * usual * rhythm[b]) for b in bins]
        assert state.early is not None
        few = state.early.get
        return [rhythm[b] * (prior + few(b, 0.0)) / (prior + hours[b] * usual * rhythm[b]) for b in bins]

    def learn(
        self, series: str, market: MarketBaseline, start: int, end: int, stories: float, seen: int
    ) -> None:
        """Learn a hop [start, end) with `seen` stories, of which `stories` count (fewer in incidents)."""
        self.keep_prior(series, market)
        market.advance(end, end - start)
        state = self.own_state(series, market)
        self.sync_generation(market, state)
        state.fast += stories * market.at_fast
        slow = stories * market.at_slow
        state.slow += slow
        b = market.calendar.bin((end - 1) // HOUR)
        state.add(b, slow)
        market.fast += stories * market.at_fast
        market.add("stories", market.stories, b, slow)
        market.learned += seen
        self._learn_spread(market, state, end, seen, stories < seen)

    def _learn_spread(
        self, market: MarketBaseline, state: SeriesState, end: int, seen: int, incident: bool
    ) -> None:
        """Over-dispersion by moments over blocks of one window's length, empty ones in closed form.

        A block's estimate of 1/size is ((n - mean)² - mean) / mean², worth mean² / (1 + mean²) of a block with many
        stories. Incidents are no spread: they count up to three standard deviations, with INCIDENT of the weight.
        """
        block = (end - 1) // self.window
        if block == state.block:
            state.block_n += seen
            state.has_incident |= incident
            return
        if state.block >= 0 and market.live > 24.0:
            begin = state.block * self.window
            level, _ = self.level(market, state)
            mean = max(level * self._rhythm(market, state, begin, begin + self.window)[0], 1e-6)
            square = mean * mean
            most = mean + 3.0 * sqrt(mean + square * market.excess / market.weight) + 1.0
            count = min(float(state.block_n), most)
            worth = (INCIDENT if state.has_incident else 1.0) / (1.0 + square)
            average = level * self.window / HOUR
            empty = min(float(block - state.block - 1), DEAD_HOURS * HOUR / self.window) / (
                1.0 + average * average
            )
            excess = worth * ((count - mean) ** 2 - mean) + empty * (average * average - average)
            weight = worth * square + empty * average * average
            state.excess += excess
            state.weight += weight
            market.excess = max(market.excess + excess, 1e-3)
            market.weight += weight
            if market.weight > 4_000.0:
                market.excess *= 0.5
                market.weight *= 0.5
            if state.weight > 200.0:
                state.excess *= 0.5
                state.weight *= 0.5
        state.block, state.block_n, state.has_incident = block, seen, incident

    def skip(self, series: str, market: MarketBaseline, start: int, end: int) -> None:
        """Leave [start, end) out of the series' exposure: none of its sources was being read."""
        state = self.states.get(series)
        if state is not None:
            self.sync_generation(market, state)
            state.missing += (end - start) / HOUR * market.at_fast
