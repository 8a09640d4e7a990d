"""Where a live source stands: its own state, what it has shown, its breaker, its rhythm. One row in `cursors`."""

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
    """One source's. Changed in memory, stored by the hand-over behind the broker's acknowledgement."""

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
        """The row's key."""
        return f"live:{self.name}"

    def known(self, key: str, mark: str = "") -> bool:
        """Whether an item with this key was seen (saying the same)."""
        found = self.seen.get(_short(key))
        return found is not None and (not mark or found == mark)

    def showed(self, keys: Sequence[str]) -> None:
        """The list names these now: all of them find room, and they are the last to be forgotten."""
        self._room = max(SEEN, len(keys))
        for key in keys:
            short = _short(key)
            if short in self.seen:
                self.seen[short] = self.seen.pop(short)

    def note(self, key: str, mark: str) -> None:
        """Remember; the oldest are forgotten."""
        short = _short(key)
        self.seen.pop(short, None)
        self.seen[short] = mark
        while len(self.seen) > self._room:
            del self.seen[next(iter(self.seen))]

    def row(self, now_ms: int) -> dict[str, Any]:
        """For the table."""
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
    """What `seen` keeps of an item."""
    return item.mark or revision


def load_cursor(store: Store, name: str) -> Cursor:
    """The stored one, or a new one."""
    with store.read() as connection:
        row = connection.execute(select(cursors).where(cursors.c.source == f"live:{name}")).one_or_none()
    return Cursor(name) if row is None else Cursor(name, msgspec.json.decode(row.state), row.read)
