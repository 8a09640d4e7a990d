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
        """Return the state of `series` ("" = pooled) beside the memory, as msgpack can carry it, or None."""
        return None

    def load_extra(self, series: str, extra: Any) -> None:
        """Restore what `extra_state` returned; never called with None."""

    def begin_step(self, series: str, floor: float) -> None:
        """Keep the present state of `series` as the prior state. `step` calls this first, with its `floor`."""
        self._series = series
        self.memory.begin_step(floor)
        if self.with_extra:
            self._prior_extra = {name: _pack(self.extra_state(name)) for name in ("", series)}

    def prior(self) -> Mapping[str, bytes]:
        """Return the state by series ("" = pooled) as it was before the last step.

        Raises RuntimeError where the statistic of that step was below its floor.
        """
        states = self.memory.prior(self._series)
        if not self.with_extra:
            return states
        return {
            name: _pack([states.get(name), msgspec.Raw(extra)])
            for name, extra in self._prior_extra.items()
            if name in states or extra != _NOTHING
        }

    def dump(self, series: Iterable[str] | None = None) -> Mapping[str, bytes]:
        """Return the state by series ("" = pooled), of all or of the given ones; series never learned are left out."""
        known = self.memory.states
        names = known if series is None else (name for name in series if name in known)
        return {"": self._packed("")} | {name: self._packed(name) for name in names}

    def _packed(self, name: str) -> bytes:
        memory = self.memory.dump(name)
        return _pack([memory, self.extra_state(name)]) if self.with_extra else memory

    def load(self, states: Iterable[tuple[str, bytes]]) -> None:
        """Restore the given (series, state) pairs, which `dump` returned; other series stay as they are.

        Bytes that no `dump` returned raise msgspec.DecodeError, ValueError, TypeError or AttributeError.
        """
        for name, state in states:
            memory, extra = msgspec.msgpack.decode(state, strict=False) if self.with_extra else (state, None)
            if memory is not None:
                self.memory.load(name, memory)
            if extra is not None:
                self.load_extra(name, extra)


_NOTHING = _pack(None)
