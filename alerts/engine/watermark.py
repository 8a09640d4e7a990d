"""How far event time has come: markers in, the watermark out. It never goes back.

Per partition it holds each writer's newest T; a writer that ended no longer holds the partition back. The watermark is
the minimum over the partitions, less the allowed lateness. No clock moves it: a dead classifier is not a quiet market.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.records import Marker

NEVER = -(1 << 62)
"""Earlier than any time: no marker has come yet."""


class Watermark:
    """The markers of one topic's partitions."""

    def __init__(self, partitions: int, lateness_ms: int, at: int = NEVER) -> None:
        self.lateness_ms = lateness_ms
        self.at = at
        """The watermark (epoch ms)."""
        self.furthest = at
        """The newest T of any marker (epoch ms)."""
        self._live: list[dict[str, int]] = [{} for _ in range(partitions)]
        self._ended: list[int] = [NEVER] * partitions

    def on_marker(self, partition: int, marker: Marker) -> int:
        """Apply a marker of one partition; return the watermark after it (epoch ms)."""
        live = self._live[partition]
        newest = max(marker.t, live.get(marker.writer, NEVER))
        self.furthest = max(self.furthest, newest)
        if marker.end:
            live.pop(marker.writer, None)
            self._ended[partition] = max(self._ended[partition], newest)
        else:
            live[marker.writer] = newest
        self.at = max(self.at, min(map(self.newest, range(len(self._live)))) - self.lateness_ms)
        return self.at

    def newest(self, partition: int) -> int:
        """T of this partition (epoch ms): the minimum of its live writers, else where the last one ended; or NEVER."""
        live = self._live[partition]
        return min(live.values()) if live else self._ended[partition]

    @property
    def ended(self) -> bool:
        """Whether all writers of every partition have ended."""
        return all(not live and end > NEVER for live, end in zip(self._live, self._ended, strict=True))

    def forget_writers(self) -> None:
        """Forget the writers: the topic's log is a new one, and they send markers again. The watermark stays."""
        self._live = [{} for _ in self._live]
        self._ended = [NEVER] * len(self._ended)

    def dump(self) -> Mapping[str, object]:
        """State, as msgpack can carry it."""
        return {"at": self.at, "live": self._live, "ended": self._ended}

    def load(self, state: Mapping[str, object]) -> None:
        """Restore what `dump` returned; only the watermark if the number of partitions differs.

        Raises KeyError where a part is missing.
        """
        self.at = max(self.at, int(state["at"]))  # type: ignore[call-overload]
        live, ended = state["live"], state["ended"]
        if isinstance(live, list) and isinstance(ended, list) and len(live) == len(self._live):
            self._live, self._ended = live, ended
        self.furthest = max(self.at, *self._ended, *(t for writers in self._live for t in writers.values()))
