"""Poison that kills the process: counted over restarts, and after three deaths set aside.

An exception can be caught; a segmentation fault in a native library cannot. So each start notes, per partition, the
offset it starts from. Starting three times from the same offset means that something there kills us: then records
are tried one at a time, each noted before it is tried, and the one that was noted three times is a dead letter.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from core.store import Store, upsert
from core.tables import cursors

DEATHS = 3


class CrashGuard:
    """Remembers tries in the store's `cursors`, under `crash:STAGE:TOPIC_ID:PARTITION`."""

    def __init__(self, store: Store, stage: str, topic_id: str) -> None:
        self._store = store
        self._prefix = f"crash:{stage}:{topic_id[:40]}"
        self._careful: dict[int, int] = {}

    def start(self, offsets: dict[int, int], careful_for: int) -> None:
        """Note where this process starts. Partitions that start there the third time are careful for a while."""
        for partition, offset in offsets.items():
            starts = self._bump(partition, "start", offset)
            if starts >= DEATHS:
                self._careful[partition] = offset + careful_for

    def careful(self, partition: int, offset: int) -> bool:
        """Whether this record is to be tried alone."""
        until = self._careful.get(partition)
        if until is not None and offset >= until:
            del self._careful[partition]
            return False
        return until is not None

    def tries(self, partition: int, offset: int) -> int:
        """Note that this record is about to be tried; returns how often it was, this time included."""
        return self._bump(partition, "record", offset)

    def _bump(self, partition: int, kind: str, offset: int) -> int:
        key = f"{self._prefix}:{partition}:{kind}"
        with self._store.write() as connection:
            row = connection.execute(select(cursors.c.state).where(cursors.c.source == key)).scalar()
            known = msgspec.json.decode(row) if row else {}
            count = known.get("count", 0) + 1 if known.get("offset") == offset else 1
            state = msgspec.json.encode({"offset": offset, "count": count}).decode()
            upsert(
                connection,
                cursors,
                [
                    {
                        "source": key,
                        "state": state,
                        "read": 0,
                        "done": False,
                        "updated_at": self._store.now_ms(connection),
                    }
                ],
            )
        return count
