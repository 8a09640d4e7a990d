"""Origins in flight are in the store before they are sent, and until a cursor counts them."""

from __future__ import annotations

from sqlalchemy import select

from core.store import Store
from core.tables import in_flight
from ingest.live.in_flight import InFlightOrigins


def stored(store: Store) -> set[tuple[str, str]]:
    with store.read() as connection:
        return {(row.source, row.origin) for row in connection.execute(select(in_flight))}


def test_what_is_added_is_stored_and_known_to_the_next_process(sqlite_store: Store) -> None:
    origins = InFlightOrigins(sqlite_store)
    origins.add({"a": {"s:1", "s:2"}, "b": {"s:1"}})
    assert stored(sqlite_store) == {("a", "s:1"), ("a", "s:2"), ("b", "s:1")}
    origins.add({"a": {"s:1"}})
    again = InFlightOrigins(sqlite_store)
    assert again.of("a") == {"s:1", "s:2"}
    assert again.of("c") == frozenset()


def test_what_is_written_replaces_what_the_source_had_once_it_is_kept(sqlite_store: Store) -> None:
    origins = InFlightOrigins(sqlite_store)
    origins.add({"a": {"s:1", "s:2"}, "b": {"s:9"}})
    wanted = {"a": frozenset({"s:2", "s:3"})}
    with sqlite_store.write() as connection:
        origins.write(connection, wanted)
    assert origins.of("a") == {"s:1", "s:2"}
    origins.keep(wanted)
    assert origins.of("a") == {"s:2", "s:3"}
    assert stored(sqlite_store) == {("a", "s:2"), ("a", "s:3"), ("b", "s:9")}
