"""Saving and restoring, the same for every detector with a memory: by series, with "" for what is pooled.

A detector's memory is a `Baseline` or `Means`; what it keeps besides (a sum under way, recent hops) it hands over
through `extra_state` and `load_extra`, by the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from alerts.baselines.counts import Baseline
from alerts.detectors.contract import Detector
from alerts.detectors.means import Means

_pack = msgspec.msgpack.Encoder().encode


class PersistentDetector(Detector):
    """dump, load and prior over `memory`. With `with_extra` a state is msgpack of [memory's bytes, extra state]."""

    memory: Baseline | Means
    with_extra = False
    _series = ""
    _prior_extra: Mapping[str, Any] = {}

    def extra_state(self, series: str) -> Any:
        """What is kept of `series` ("" = pooled) beside the memory, as msgpack can carry it; None: nothing."""
        return None

    def load_extra(self, series: str, extra: Any) -> None:
        """Restore what `extra_state` gave; never called with None."""

    def begin_step(self, series: str, floor: float) -> None:
        """A step of `series` begins: what it finds is its prior state. Called first in `step`, with its `floor`."""
        self._series = series
        self.memory.begin_step(floor)
        if self.with_extra:
            self._prior_extra = {name: _pack(self.extra_state(name)) for name in ("", series)}

    def prior(self) -> Mapping[str, bytes]:
        """State before the last step learned. Raises RuntimeError where its statistic was below its floor."""
        states = self.memory.prior(self._series)
        if not self.with_extra:
            return states
        return {
            name: _pack([states.get(name), msgspec.Raw(extra)])
            for name, extra in self._prior_extra.items()
            if name in states or extra != _NOTHING
        }

    def dump(self, series: Iterable[str] | None = None) -> Mapping[str, bytes]:
        """State by series; "" is what is pooled. Series that were never learned are left out."""
        known = self.memory.states
        names = known if series is None else (name for name in series if name in known)
        return {"": self._packed("")} | {name: self._packed(name) for name in names}

    def _packed(self, name: str) -> bytes:
        memory = self.memory.dump(name)
        return _pack([memory, self.extra_state(name)]) if self.with_extra else memory

    def load(self, states: Iterable[tuple[str, bytes]]) -> None:
        """Restore exactly what `dump` gave. Raises ValueError or msgspec.DecodeError for other bytes."""
        for name, state in states:
            memory, extra = msgspec.msgpack.decode(state, strict=False) if self.with_extra else (state, None)
            if memory is not None:
                self.memory.load(name, memory)
            if extra is not None:
                self.load_extra(name, extra)


_NOTHING = _pack(None)
