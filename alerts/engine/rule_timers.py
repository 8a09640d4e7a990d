"""When a rule is to evaluate a series though nothing comes: a hold or a resolve that ends, an absence that is due."""

from __future__ import annotations

import msgspec


class RuleTimers:
    """One rule's timers by series; only the latest time set for a series counts."""

    def __init__(self) -> None:
        self.due: dict[str, int] = {}
        """Series -> when (epoch ms)."""
        self._changed = False

    def set(self, series: str, due: int | None) -> None:
        """Set the series' timer; None takes it away."""
        if due != self.due.get(series):
            self._changed = True
            if due is None:
                del self.due[series]
            else:
                self.due[series] = due

    def drop_until(self, at: int) -> list[str]:
        """Take away the timers due at or before `at` (epoch ms); returns their series, sorted."""
        series = sorted(name for name, due in self.due.items() if due <= at)
        for name in series:
            self.set(name, None)
        return series

    def changed(self) -> bytes | None:
        """Return all timers as msgpack if any changed since the last call, else None."""
        if not self._changed:
            return None
        self._changed = False
        return msgspec.msgpack.encode(dict(sorted(self.due.items())))

    def load(self, state: bytes) -> None:
        """Restore what `changed` returned. Raises msgspec.DecodeError for other bytes."""
        self.due = msgspec.msgpack.decode(state, type=dict[str, int])
