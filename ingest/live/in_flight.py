"""Origins in flight: sent to the broker, or about to be, while no stored cursor counts them yet.

They are written down first, so that after a kill what had been sent counts as read, also if it is settled by then.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, select

from core.store import Store, insert_absent
from core.tables import in_flight

_CHUNK = 500


class InFlightOrigins:
    """The table `in_flight`, with a copy in memory. Used by one thread, which is the only writer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_source: dict[str, set[str]] = {}
        with store.read() as connection:
            for row in connection.execute(select(in_flight.c.source, in_flight.c.origin)):
                self._by_source.setdefault(row.source, set()).add(row.origin)

    def of(self, source: str) -> frozenset[str]:
        """Return the origins of a source that are in flight."""
        return frozenset(self._by_source.get(source, ()))

    def add(self, origins: Mapping[str, set[str]]) -> None:
        """Add origins by source, in a transaction of its own where there is anything new. Raises StoreUnavailable."""
        wanted = {source: self.of(source) | added for source, added in origins.items()}
        if any(wanted[source] != self.of(source) for source in wanted):
            with self._store.write() as connection:
                self.write(connection, wanted)
            self.keep(wanted)

    def write(self, connection: Connection, wanted: Mapping[str, frozenset[str]]) -> None:
        """Store that `wanted` is all that these sources have in flight; call `keep` when it is committed.

        Raises StoreUnavailable.
        """
        for source, origins in wanted.items():
            before = self.of(source)
            insert_absent(
                connection,
                in_flight,
                [{"source": source, "origin": origin} for origin in sorted(origins - before)],
            )
            gone = sorted(before - origins)
            for start in range(0, len(gone), _CHUNK):
                connection.execute(
                    delete(in_flight).where(
                        in_flight.c.source == source, in_flight.c.origin.in_(gone[start : start + _CHUNK])
                    )
                )

    def keep(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """Remember what `write` stored."""
        for source, origins in wanted.items():
            self._by_source[source] = set(origins)
