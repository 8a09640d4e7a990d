"""The audit log: who did what to what, and when, in a chain of hashes that can be verified away from the store.

hash = sha256(previous hash, at, desk, actor, action, subject, detail), each part preceded by its length. Changing,
dropping or inserting an entry breaks every hash after it; truncation is found by an anchor (count and last hash) that
was stored elsewhere. Actors: a person's name, `api:TOKEN`, or `desk:NAME` and `delivery:NAME` for
the machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select, text

from core.tables import audit

GENESIS = "0" * 64
_LOCK = 7_206_481_156


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry, as exported: a line of JSON."""

    seq: int
    at: int
    desk: str
    actor: str
    action: str
    subject: str
    detail: str
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class ChainVerification:
    """The result of `verify`: how many entries are valid, their last hash, and the first fault (empty: none)."""

    entries: int
    last_hash: str
    fault: str = ""


def entry_hash(previous: str, at: int, desk: str, actor: str, action: str, subject: str, detail: str) -> str:
    """Return the hash of an entry in hexadecimal: SHA-256 over the previous hash and the fields."""
    state = hashlib.sha256()
    for part in (previous, str(at), desk, actor, action, subject, detail):
        data = part.encode("utf-8", "surrogatepass")
        state.update(len(data).to_bytes(8, "big"))
        state.update(data)
    return state.hexdigest()


def lock(connection: Connection) -> None:
    """Take the log's write lock until the transaction ends.

    PostgreSQL lets two transactions read a row before either writes it, and each then writes over the other; actions,
    which end up here in any case, take it before they read (alerts/handling/actions.py). Locks on their own rows
    would not do: a desk has locked alerts when it comes here, so that it and a person could deadlock.
    """
    if connection.dialect.name == "postgresql":  # SQLite: the transaction is the lock
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def append(
    connection: Connection,
    *,
    at: int,
    desk: str,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> str:
    """Append an entry in the caller's transaction, under the lock. Returns its hash."""
    lock(connection)
    last = connection.execute(select(audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).scalar()
    previous = last or GENESIS
    actor, action, subject = actor[:200], action[:60], subject[:200]
    detail_json = msgspec.json.encode(dict(detail or {}), order="sorted").decode()
    made = entry_hash(previous, at, desk, actor, action, subject, detail_json)
    connection.execute(
        audit.insert().values(
            at=at, desk=desk, actor=actor, action=action, subject=subject, detail=detail_json,
            previous_hash=previous, hash=made,
        )
    )  # fmt: skip
    return made


def entries(connection: Connection, desk: str | None = None, since: int = 0) -> Iterator[AuditEntry]:
    """Return the entries from `since` (milliseconds) on, in order. Those of one desk alone cannot be verified."""
    query = select(audit).where(audit.c.at >= since).order_by(audit.c.seq)
    if desk is not None:
        query = query.where(audit.c.desk == desk)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield AuditEntry(**row._mapping)


def verify(chain: Iterable[AuditEntry], anchor: tuple[int, str] | None = None) -> ChainVerification:
    """Check every link of the chain from the first entry on; with `anchor` (count, hash) also that entry.

    Needs nothing but the entries: an export is verified on any machine.
    """
    previous, count, last_seq = GENESIS, 0, 0
    for entry in chain:
        if entry.seq <= last_seq:
            return ChainVerification(count, previous, f"entry {entry.seq} stands after entry {last_seq}")
        if entry.previous_hash != previous:
            return ChainVerification(
                count, previous, f"entry {entry.seq}: an entry before it was removed, added or changed"
            )
        made = entry_hash(
            previous, entry.at, entry.desk, entry.actor, entry.action, entry.subject, entry.detail
        )
        if made != entry.hash:
            return ChainVerification(count, previous, f"entry {entry.seq}: its content was changed")
        previous, count, last_seq = entry.hash, count + 1, entry.seq
        if anchor and anchor[0] == count and anchor[1] != entry.hash:
            return ChainVerification(count, previous, f"entry {entry.seq}: differs from the anchor")
    if anchor and anchor[0] > count:
        return ChainVerification(
            count, previous, f"the end was cut off: the anchor knows {anchor[0]} entries"
        )
    return ChainVerification(count, previous)
