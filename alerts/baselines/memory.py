"""What a detector remembers: baselines by market, states by series, and what both were before this step.

The one place that knows how such memories are found, marked, saved and restored; what they learn is
baselines.py's (counts) and detectors/means.py's (values). Evidence needs the state a verdict was made from, but
only of the few steps that fire: so a step's first change puts aside a cheap copy, and `prior` makes bytes of it
only when asked.
"""

from __future__ import annotations

from typing import Any, Generic, Protocol, Self, TypeVar

import msgspec

from alerts.baselines.calendar import calendar_of
from alerts.baselines.market_baseline import MarketBaseline

UNUSUAL_P = 0.003
"""A window with a p-value below this is out of the ordinary: what is in it is learned with a fraction of its
weight."""

_pack = msgspec.msgpack.Encoder().encode


class OwnMemory(Protocol):
    """What is stored of one series. Its weights are relative to its market's generation `born`."""

    born: int
    unusual_at: int
    """End of the last window that was out of the ordinary."""

    def __init__(self, generation: int) -> None: ...

    def rescale(self, slow: float, fast: float) -> None:
        """Scale all weights back."""

    def dump(self) -> tuple[object, ...]:
        """Return everything, as msgpack can carry it; later changes do not reach it."""

    @classmethod
    def load(cls, dump: tuple[Any, ...]) -> Self:
        """Return the memory whose `dump` this is."""


P = TypeVar("P", bound=MarketBaseline)
T = TypeVar("T", bound=OwnMemory)


class Memory(Generic[P, T]):
    """Market baselines and states of all series of a rule. `window`: milliseconds; `memory_hours`: hours of
    live time."""

    def __init__(
        self,
        market_type: type[P],
        state_type: type[T],
        window: int,
        memory_hours: float,
        exchange: str = "auto",
    ) -> None:
        self.window = window
        self.memory_hours = memory_hours
        self.exchange = exchange
        self.markets: dict[str, P] = {}
        self.states: dict[str, T] = {}
        self._market_type = market_type
        self._state_type = state_type
        self._market_of: dict[str, P] = {}
        self._before: tuple[str, str, tuple[object, ...], tuple[object, ...] | None] | None = None
        self._floor = float("-inf")
        self._prior_skipped = False

    def market(self, series: str) -> P:
        """Return the baseline of the series' market, made when new."""
        known = self._market_of.get(series)
        if known is None:
            name = calendar_of(series) if self.exchange == "auto" else self.exchange
            known = self._market_of[series] = self.markets.get(name) or self._new_market(name)
        return known

    def _new_market(self, name: str) -> P:
        market = self.markets[name] = self._market_type(name, self.memory_hours, self.window)
        return market

    def own_state(self, series: str, market: P) -> T:
        """Return the series' state, made when new."""
        state = self.states.get(series)
        if state is None:
            state = self.states[series] = self._state_type(market.generation)
            market.series += 1
        return state

    def sync_generation(self, market: P, state: T) -> None:
        """Rescale the state's weights to the market's generation."""
        if state.born != market.generation:
            state.rescale(*market.scale(market.generation - state.born))
            state.born = market.generation

    def mark_unusual(self, series: str, market: P, end: int) -> None:
        """Mark the window that ends at `end` (epoch ms) as unusual: hops in it are to count less."""
        self.keep_prior(series, market)
        self.own_state(series, market).unusual_at = end

    def was_unusual(self, series: str, hop_end: int) -> bool:
        """Return whether a hop that ended at `hop_end` (epoch ms) was in a window marked as unusual."""
        state = self.states.get(series)
        return state is not None and state.unusual_at >= hop_end

    def begin_step(self, floor: float = float("-inf")) -> None:
        """Begin a step. Where its statistic is below `floor`, `prior` will not be called."""
        self._before = None
        self._prior_skipped = False
        self._floor = floor

    def note_statistic(self, statistic: float) -> None:
        """Record the statistic of this step; call it before the state changes."""
        self._prior_skipped = statistic < self._floor

    def keep_prior(self, series: str, market: P) -> None:
        """Copy the state of `series` and its market before this step's first change."""
        if self._before is None and not self._prior_skipped:
            state = self.states.get(series)
            self._before = (series, market.name, market.copy(), None if state is None else state.dump())

    def prior(self, series: str) -> dict[str, bytes]:
        """Return the state by name ("" for the markets, and `series`) as it was before this step's learning, as
        msgpack.

        Raises RuntimeError where the step's statistic was below its floor.
        """
        if self._prior_skipped:
            raise RuntimeError(f"the state before a step below the floor of {self._floor} was not kept")
        if self._before is None:
            return {name: self.dump(name) for name in ("", series) if not name or name in self.states}
        name, market_name, kept, state = self._before
        markets = {
            other: market.packed(kept) if other == market_name else market.dump()
            for other, market in self.markets.items()
        }
        return {"": _pack(markets)} | ({name: _pack(state)} if state is not None else {})

    def dump(self, series: str) -> bytes:
        """Return the state of `series` as msgpack; "" gives those of the markets. KeyError for an unknown series."""
        if not series:
            return _pack({name: market.dump() for name, market in self.markets.items()})
        return _pack(self.states[series].dump())

    def load(self, series: str, data: bytes) -> None:
        """Restore what `dump` returned for `series`. Raises msgspec.DecodeError for other bytes."""
        if not series:
            for name, known in msgspec.msgpack.decode(data).items():
                (self.markets.get(name) or self._new_market(name)).restore(known)
        else:
            self.states[series] = self._state_type.load(
                msgspec.msgpack.decode(data, type=tuple, strict=False)
            )
