"""The row of one dump in `cursors`: how its replay was begun, and up to where it was sent and stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import select

from core.clock import Clock
from core.store import Store, insert_absent, upsert
from core.tables import cursors, origins


class ReplayCursor:
    """The cursor of the dump whose bytes have this hash. `state` is what the row keeps as JSON."""

    def __init__(self, store: Store, clock: Clock, file_hash: str) -> None:
        self._store, self._clock = store, clock
        self.key = f"replay:{file_hash}"
        self.state: dict[str, Any] = {}
        self.resumed = False
        """The replay was begun before, by this process or another: some of it may be settled already."""

    @property
    def position(self) -> int:
        """Articles in the dump's order up to which everything is sent and stored."""
        return int(self.state.get("position", 0))

    @position.setter
    def position(self, value: int) -> None:
        self.state["position"] = value

    def load(self) -> bool:
        """Read the row; returns whether there is one. Raises StoreUnavailable."""
        with self._store.read() as connection:
            row = connection.execute(select(cursors).where(cursors.c.source == self.key)).one_or_none()
        if row is None:
            return False
        self.state, self.resumed = msgspec.json.decode(row.state), True
        return True

    def save(self, rows: int, *, done: bool, copies: Iterable[dict[str, Any]] = ()) -> None:
        """Store the row, with `rows` read, and `copies` as settled origins, in one transaction.

        Raises StoreUnavailable; then nothing was stored.
        """
        row = {
            "source": self.key,
            "state": msgspec.json.encode(self.state).decode(),
            "read": rows,
            "done": done,
            "updated_at": self._clock.now_ms(),
        }
        with self._store.write() as connection:
            insert_absent(connection, origins, list(copies))
            upsert(connection, cursors, [row])

    def settled(self, names: list[str]) -> set[str]:
        """Return those of these origins that are settled. Raises StoreUnavailable."""
        with self._store.read() as connection:
            return set(
                connection.execute(select(origins.c.origin).where(origins.c.origin.in_(names))).scalars()
            )
