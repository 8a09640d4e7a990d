"""The cursor of a live source: its own state, the keys it has shown, its breaker, its rhythm. A row in `cursors`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from core.ids import digest
from core.store import Store
from core.tables import cursors
from ingest.items.item import NewsItem
from ingest.live.breaker import Breaker

SEEN = 4000
"""Keys remembered per source: far more than most lists show at once; where one shows more, all of those."""


class Cursor:
    """One source's cursor. Changed in memory, stored by the publisher behind the broker's acknowledgement."""

    def __init__(self, name: str, state: dict[str, Any] | None = None, read: int = 0) -> None:
        state = state or {}
        self.name, self.read = name, read
        self.source: dict[str, Any] = state.get("source", {})
        self.seen: dict[str, str] = state.get("seen", {})
        self.rhythm: dict[str, Any] = state.get("rhythm", {})
        self.breaker = Breaker(state.get("breaker", {}))
        self._room = SEEN

    @property
    def key(self) -> str:
        """Its key in the table."""
        return f"live:{self.name}"

    def known(self, key: str, mark: str = "") -> bool:
        """Return whether an item with this key was seen, with the same `mark` where one is given."""
        found = self.seen.get(_short(key))
        return found is not None and (not mark or found == mark)

    def keep_listed(self, keys: Sequence[str]) -> None:
        """Remember all of these keys, which the list names now; of all keys they are dropped last."""
        self._room = max(SEEN, len(keys))
        for key in keys:
            short = _short(key)
            if short in self.seen:
                self.seen[short] = self.seen.pop(short)

    def note(self, key: str, mark: str) -> None:
        """Remember a key with its mark; the oldest keys are forgotten."""
        short = _short(key)
        self.seen.pop(short, None)
        self.seen[short] = mark
        while len(self.seen) > self._room:
            del self.seen[next(iter(self.seen))]

    def row(self, now_ms: int) -> dict[str, Any]:
        """Return the cursor's row of the table, by column."""
        state = {
            "source": self.source,
            "seen": self.seen,
            "rhythm": self.rhythm,
            "breaker": self.breaker.state,
        }
        return {
            "source": self.key,
            "state": msgspec.json.encode(state).decode(),
            "read": self.read,
            "done": False,
            "updated_at": now_ms,
        }


def _short(key: str) -> str:
    return digest("key", key, length=16)


def mark_of(item: NewsItem, revision: str) -> str:
    """Return the mark that `seen` keeps for an item: its own, else its revision."""
    return item.mark or revision


def load_cursor(store: Store, name: str) -> Cursor:
    """Return the stored cursor of a source, or a new one. Raises StoreUnavailable."""
    with store.read() as connection:
        row = connection.execute(select(cursors).where(cursors.c.source == f"live:{name}")).one_or_none()
    return Cursor(name) if row is None else Cursor(name, msgspec.json.decode(row.state), row.read)
