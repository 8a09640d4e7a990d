"""The store's mirror of the dead letters: finding, counting and purging them. None is ever removed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from core.clock import Clock, SystemClock
from core.deadletter import DeadLetterStatus
from core.errors import ConfigError, Reason
from core.records import DeadLetter
from core.store import Store
from core.tables import dead

ALL = "all"
"""In place of a status: any."""


@dataclass(frozen=True)
class StoredDeadLetter:
    """A row of the table `dead`."""

    origin: str
    source: str
    topic: str
    partition: int
    offset: int
    key: str
    payload: bytes
    payload_hash: str
    error: str
    reason: str
    detail: str
    attempts: int
    at: int
    context: str
    status: str

    @property
    def whole(self) -> bool:
        """Whether all of the original bytes were kept."""
        return hashlib.sha256(self.payload).hexdigest() == self.payload_hash

    def summary(self) -> dict[str, Any]:
        """Return every column but payload and context, the payload's size as `bytes`, and `whole`."""
        shown = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in ("payload", "context")
        }
        return shown | {"bytes": len(self.payload), "whole": self.whole}

    def record(self) -> DeadLetter:
        """Return the record as it was written to the log."""
        fields = {name: getattr(self, name) for name in DeadLetter.__struct_fields__}
        return DeadLetter(**{**fields, "reason": Reason(self.reason)})


def find(
    store: Store,
    *,
    reason: str | None = None,
    source: str | None = None,
    status: str = ALL,
    limit: int = 50,
) -> list[StoredDeadLetter]:
    """Return the dead letters that match, newest first, `limit` at most.

    Raises ConfigError for an unknown reason or status, and StoreUnavailable.
    """
    statement = chosen_by(select(dead), reason=reason, source=source, status=status)
    with store.read() as connection:
        rows = (
            connection.execute(statement.order_by(dead.c.at.desc(), dead.c.origin).limit(limit))
            .mappings()
            .all()
        )
    return [StoredDeadLetter(**row) for row in rows]


def counts(store: Store, status: str = ALL) -> dict[str, int]:
    """Return reason -> number of dead letters, most first.

    Raises ConfigError for an unknown status, and StoreUnavailable.
    """
    statement = chosen_by(select(dead.c.reason, func.count().label("n")), status=status).group_by(
        dead.c.reason
    )
    with store.read() as connection:
        return {row.reason: row.n for row in connection.execute(statement.order_by(func.count().desc()))}


def get(store: Store, origin: str) -> StoredDeadLetter:
    """Return the dead letter of this origin. Raises ConfigError where there is none, and StoreUnavailable."""
    with store.read() as connection:
        row = connection.execute(select(dead).where(dead.c.origin == origin)).mappings().one_or_none()
    if row is None:
        raise ConfigError(f"no dead letter with origin {origin!r} (newsquake dlq list)")
    return StoredDeadLetter(**row)


def purge(
    store: Store, *, reason: str | None = None, source: str | None = None, older_than_ms: int = 0,
    clock: Clock | None = None, count_only: bool = False,
) -> int:  # fmt: skip
    """Delete payloads and contexts of the dead letters that match; return how many were, or with `count_only` would be.

    `older_than_ms`: the least age (0: any). Those purged before do not count. Raises ConfigError for an unknown reason,
    and StoreUnavailable.
    """
    before = (clock or SystemClock()).now_ms() - older_than_ms if older_than_ms else None

    def chosen(statement: Any) -> Any:
        statement = chosen_by(statement, reason=reason, source=source, before=before)
        return statement.where(dead.c.status != DeadLetterStatus.PURGED.value)

    if count_only:
        with store.read() as connection:
            return int(connection.execute(chosen(select(func.count()).select_from(dead))).scalar_one())
    forgotten = {"status": DeadLetterStatus.PURGED.value, "payload": b"", "context": ""}
    with store.write() as connection:
        return int(connection.execute(chosen(update(dead)).values(forgotten)).rowcount)


def load(store: Store, names: Sequence[str]) -> list[StoredDeadLetter]:
    """Return the dead letters of those of these origins that have one, in no order. Raises StoreUnavailable."""
    with store.read() as connection:
        rows = connection.execute(select(dead).where(dead.c.origin.in_(names))).mappings().all()
    return [StoredDeadLetter(**row) for row in rows]


def chosen_by(
    statement: Any, *, reason: str | None = None, source: str | None = None, status: str = ALL,
    origin: Sequence[str] = (), before: int | None = None,
) -> Any:  # fmt: skip
    """Return `statement`, on the table `dead`, with the given conditions. `before`: epoch ms.

    Raises ConfigError for an unknown reason or status.
    """
    if reason is not None:
        if reason not in set(Reason):
            raise ConfigError(f"unknown reason {reason!r}; known: {', '.join(Reason)}")
        statement = statement.where(dead.c.reason == reason)
    if source is not None:
        statement = statement.where(dead.c.source == source)
    if status not in {*DeadLetterStatus, ALL}:
        raise ConfigError(f"unknown status {status!r}; known: {', '.join((*DeadLetterStatus, ALL))}")
    if status != ALL:
        statement = statement.where(dead.c.status == status)
    if origin:
        statement = statement.where(dead.c.origin.in_(list(origin)))
    if before is not None:
        statement = statement.where(dead.c.at < before)
    return statement
