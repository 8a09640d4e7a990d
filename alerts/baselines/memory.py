"""What a detector remembers: pools by market, tracks by series, and what both were before this step.

The one place that knows how such memories are found, marked, saved and restored; what they learn is baselines.py's
(counts) and detectors/means.py's (values). Evidence needs the state a verdict was made from, but only of the few steps
that fire: so a step's first change puts aside a cheap copy, and `prior` makes bytes of it only when asked.
"""

from __future__ import annotations

from typing import Any, Generic, Protocol, Self, TypeVar

import msgspec

from alerts.baselines.calendar import calendar_of
from alerts.baselines.pools import Pool

ODD = 0.003
"""A window with a p-value below this is out of the ordinary: what is in it is learned with a fraction of its weight."""

_pack = msgspec.msgpack.Encoder().encode


class OwnMemory(Protocol):
    """What is kept of one series. Its weights are relative to its pool's generation `born`."""

    born: int
    odd_at: int
    """End of the last window that was out of the ordinary."""

    def __init__(self, generation: int) -> None: ...

    def rescale(self, slow: float, fast: float) -> None:
        """Scale all weights back."""

    def dump(self) -> tuple[object, ...]:
        """Everything, as msgpack can carry it; later changes do not reach it."""

    @classmethod
    def load(cls, state: tuple[Any, ...]) -> Self:
        """The memory whose `dump` this is."""


P = TypeVar("P", bound=Pool)
T = TypeVar("T", bound=OwnMemory)


class Memory(Generic[P, T]):
    """Pools and tracks of all series of a rule. `window`: milliseconds; `memory_hours`: hours of live time."""

    def __init__(
        self, pools: type[P], tracks: type[T], window: int, memory_hours: float, exchange: str = "auto"
    ) -> None:
        self.window = window
        self.memory_hours = memory_hours
        self.exchange = exchange
        self.pools: dict[str, P] = {}
        self.tracks: dict[str, T] = {}
        self._pool_type = pools
        self._track_type = tracks
        self._pool_of: dict[str, P] = {}
        self._before: tuple[str, str, tuple[object, ...], tuple[object, ...] | None] | None = None
        self._floor = float("-inf")
        self._spared = False

    def pool(self, series: str) -> P:
        """The series' pool, made when new."""
        known = self._pool_of.get(series)
        if known is None:
            name = calendar_of(series) if self.exchange == "auto" else self.exchange
            known = self._pool_of[series] = self.pools.get(name) or self._new_pool(name)
        return known

    def _new_pool(self, name: str) -> P:
        pool = self.pools[name] = self._pool_type(name, self.memory_hours, self.window)
        return pool

    def own_track(self, series: str, pool: P) -> T:
        """The series' track, made when new."""
        track = self.tracks.get(series)
        if track is None:
            track = self.tracks[series] = self._track_type(pool.generation)
            pool.series += 1
        return track

    def touch(self, pool: P, track: T) -> None:
        """Bring the track's weights to the pool's generation."""
        if track.born != pool.generation:
            track.rescale(*pool.scale(pool.generation - track.born))
            track.born = pool.generation

    def odd(self, series: str, pool: P, end: int) -> None:
        """The window that ends at `end` is out of the ordinary: hops in it shall count less."""
        self.keep_prior(series, pool)
        self.own_track(series, pool).odd_at = end

    def was_odd(self, series: str, hop_end: int) -> bool:
        """Whether a hop that ended then was in a window out of the ordinary."""
        track = self.tracks.get(series)
        return track is not None and track.odd_at >= hop_end

    def begin_step(self, floor: float = float("-inf")) -> None:
        """A new step begins. Where its statistic is below `floor`, nobody will ask for the prior state."""
        self._before = None
        self._spared = False
        self._floor = floor

    def judged(self, statistic: float) -> None:
        """What this step came to, before anything changes."""
        self._spared = statistic < self._floor

    def keep_prior(self, series: str, pool: P) -> None:
        """This step is about to change something: put aside what it found, the first time."""
        if self._before is None and not self._spared:
            track = self.tracks.get(series)
            self._before = (series, pool.name, pool.copy(), None if track is None else track.dump())

    def prior(self, series: str) -> dict[str, bytes]:
        """State by name ("" and `series`) as it was before this step's learning."""
        if self._spared:
            raise RuntimeError(f"the state before a step below the floor of {self._floor} was not kept")
        if self._before is None:
            return {name: self.dump(name) for name in ("", series) if not name or name in self.tracks}
        name, market, kept, track = self._before
        pools = {
            other: pool.packed(kept) if other == market else pool.dump() for other, pool in self.pools.items()
        }
        return {"": _pack(pools)} | ({name: _pack(track)} if track is not None else {})

    def dump(self, series: str) -> bytes:
        """One series' state; "" gives the pools'."""
        if not series:
            return _pack({name: pool.dump() for name, pool in self.pools.items()})
        return _pack(self.tracks[series].dump())

    def load(self, series: str, state: bytes) -> None:
        """Restore what `dump` gave."""
        if not series:
            for name, known in msgspec.msgpack.decode(state).items():
                (self.pools.get(name) or self._new_pool(name)).restore(known)
        else:
            self.tracks[series] = self._track_type.load(
                msgspec.msgpack.decode(state, type=tuple, strict=False)
            )
