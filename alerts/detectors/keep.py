"""Saving and restoring, the same for every detector: by series, with "" for what is pooled.

A detector's memory is a `Baseline` or `Means`; what it keeps besides (a sum under way, recent hops) it hands over
through `extra` and `take_extra`, by the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from alerts.baselines.counts import Baseline
from alerts.detectors.means import Means

_pack = msgspec.msgpack.Encoder().encode


class Kept:
    """dump, load and prior over `memory`. With `with_extra` a state is msgpack of [memory's bytes, extra]."""

    memory: Baseline | Means
    with_extra = False
    _series = ""
    _prior_extra: Mapping[str, Any] = {}

    def extra(self, series: str) -> Any:
        """What is kept of `series` ("" = pooled) beside the memory; None: nothing."""
        return None

    def take_extra(self, series: str, extra: Any) -> None:
        """Restore it."""

    def others(self, series: str) -> Iterable[str]:
        """Series whose state a step of `series` looks at too."""
        return ()

    def begin(self, series: str) -> None:
        """A step of `series` begins: what it finds is its prior."""
        self._series = series
        self.memory.forget_prior()
        if self.with_extra:
            names = ("", series, *self.others(series))
            self._prior_extra = {name: _pack(self.extra(name)) for name in names}

    def prior(self) -> Mapping[str, bytes]:
        """State before the last step learned: restored, that step gives its verdict again."""
        states = self.memory.prior(self._series)
        if not self.with_extra:
            return states
        for name in self.others(self._series):
            if name in self.memory.tracks:
                states[name] = self.memory.dump(name)
        return {
            name: _pack([states.get(name), msgspec.Raw(extra)])
            for name, extra in self._prior_extra.items()
            if name in states or extra != _NOTHING
        }

    def dump(self, series: Iterable[str] | None = None) -> Mapping[str, bytes]:
        """State by series; "" is what is pooled."""
        known = self.memory.tracks
        names = known if series is None else (name for name in series if name in known)
        return {"": self._one("")} | {name: self._one(name) for name in names}

    def _one(self, name: str) -> bytes:
        memory = self.memory.dump(name)
        return _pack([memory, self.extra(name)]) if self.with_extra else memory

    def load(self, states: Iterable[tuple[str, bytes]]) -> None:
        """Restore exactly what `dump` gave."""
        for name, state in states:
            memory, extra = msgspec.msgpack.decode(state, strict=False) if self.with_extra else (state, None)
            if memory is not None:
                self.memory.load(name, memory)
            if extra is not None:
                self.take_extra(name, extra)


_NOTHING = _pack(None)
