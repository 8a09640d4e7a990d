"""Dead letters, looked at and tried again. The store's mirror is what is read; nothing here forgets that they died.

A replay makes the article anew from the original bytes (ingest/deadletters/remake.py). It keeps its origin, so
whoever settles it settles it once. Where no broker is named (the embedded one has no address), it waits in the
store's table `pending` like what is pushed: the ingest process that runs, or the next one, sends it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, select, update

from core.bus import Bus
from core.bus.base import RAW, Producer
from core.clock import Clock, SystemClock
from core.errors import BusUnavailable, ConfigError, InvalidRecord, Reason
from core.ids import partition_of
from core.origins import IngestOutcome
from core.records import Article, DeadLetter, encode
from core.settings import Settings
from core.store import Store, insert_absent
from core.tables import dead, origins, pending
from ingest.deadletters.remake import remake
from ingest.sources.loading import load_sources

_BATCH = 20
"""Letters at a time: each may be megabytes."""
_SHOWN = 10


@dataclass(frozen=True)
class StoredDeadLetter:
    """A row of the table."""

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
        """Whether all of the original bytes are here."""
        return hashlib.sha256(self.payload).hexdigest() == self.payload_hash

    def summary(self) -> dict[str, Any]:
        """Everything but the bytes, and what their source adds to them."""
        shown = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in ("payload", "context")
        }
        return shown | {"bytes": len(self.payload), "whole": self.whole}

    def record(self) -> DeadLetter:
        """As it died."""
        fields = {name: getattr(self, name) for name in DeadLetter.__struct_fields__}
        return DeadLetter(**{**fields, "reason": Reason(self.reason)})


@dataclass
class ReplayResult:
    """What a replay did."""

    sent: int = 0
    still_dead: int = 0
    skipped: int = 0
    why: dict[str, str] = field(default_factory=dict)
    """Per origin that is still dead the reason now, of the first few."""


def _where(
    statement: Any, *, reason: str | None = None, source: str | None = None, status: str = "all",
    origin: Sequence[str] = (), before: int | None = None,
) -> Any:  # fmt: skip
    if reason is not None:
        if reason not in set(Reason):
            raise ConfigError(f"unknown reason {reason!r}; known: {', '.join(Reason)}")
        statement = statement.where(dead.c.reason == reason)
    if source is not None:
        statement = statement.where(dead.c.source == source)
    if status not in ("dead", "replayed", "purged", "all"):
        raise ConfigError(f"unknown status {status!r}; known: dead, replayed, purged, all")
    if status != "all":
        statement = statement.where(dead.c.status == status)
    if origin:
        statement = statement.where(dead.c.origin.in_(list(origin)))
    if before is not None:
        statement = statement.where(dead.c.at < before)
    return statement


def find(
    store: Store,
    *,
    reason: str | None = None,
    source: str | None = None,
    status: str = "all",
    limit: int = 50,
) -> list[StoredDeadLetter]:
    """Newest first. Raises ConfigError for an unknown reason or status."""
    statement = _where(select(dead), reason=reason, source=source, status=status)
    with store.read() as connection:
        rows = (
            connection.execute(statement.order_by(dead.c.at.desc(), dead.c.origin).limit(limit))
            .mappings()
            .all()
        )
    return [StoredDeadLetter(**row) for row in rows]


def counts(store: Store, status: str = "all") -> dict[str, int]:
    """How many per reason, most first."""
    statement = _where(select(dead.c.reason, func.count().label("n")), status=status).group_by(dead.c.reason)
    with store.read() as connection:
        return {row.reason: row.n for row in connection.execute(statement.order_by(func.count().desc()))}


def get(store: Store, origin: str) -> StoredDeadLetter:
    """One. Raises ConfigError when there is none."""
    with store.read() as connection:
        row = connection.execute(select(dead).where(dead.c.origin == origin)).mappings().one_or_none()
    if row is None:
        raise ConfigError(f"no dead letter with origin {origin!r} (newsquake dlq list)")
    return StoredDeadLetter(**row)


def purge(
    store: Store, *, reason: str | None = None, source: str | None = None, older_than_ms: int = 0,
    clock: Clock | None = None, count_only: bool = False,
) -> int:  # fmt: skip
    """Forget the bytes of those that are dead; returns how many, or would be. Raises ConfigError: unknown reason."""
    before = (clock or SystemClock()).now_ms() - older_than_ms if older_than_ms else None

    def chosen(statement: Any) -> Any:
        statement = _where(statement, reason=reason, source=source, before=before)
        return statement.where(dead.c.status != "purged")

    if count_only:
        with store.read() as connection:
            return int(connection.execute(chosen(select(func.count()).select_from(dead))).scalar_one())
    forgotten = {"status": "purged", "payload": b"", "context": ""}
    with store.write() as connection:
        return int(connection.execute(chosen(update(dead)).values(forgotten)).rowcount)


def replay(
    settings: Settings, store: Store, bus: Bus | None, *, origins: Sequence[str] = (), reason: str | None = None,
    source: str | None = None, columns: Mapping[str, str] | None = None, clock: Clock | None = None,
) -> ReplayResult:  # fmt: skip
    """Try dead letters again. Each that passes is sent and its status set; a second replay finds nothing to do.

    Without a bus they wait in `pending`. `columns` are a dump's, in place of those it was replayed with.
    Raises ConfigError, BusUnavailable, StoreUnavailable.
    """
    outcome = ReplayResult()
    specs = {spec.name: spec for spec in load_sources(settings)}
    now = (clock or SystemClock()).now_ms()
    with store.read() as connection:
        chosen = connection.execute(
            _where(select(dead.c.origin, dead.c.status), reason=reason, source=source, origin=origins)
        ).all()
    if missing := set(origins) - {row.origin for row in chosen}:
        raise ConfigError(f"no dead letter with origin {sorted(missing)[0]!r} (newsquake dlq list)")
    outcome.skipped = sum(row.status != "dead" for row in chosen)
    names = [row.origin for row in chosen if row.status == "dead"]
    producer = None
    if bus is not None:
        bus.ensure_topics(settings.broker.partitions)
        producer = bus.producer()
    try:
        for start in range(0, len(names), _BATCH):
            articles = {}
            for letter in _letters(store, names[start : start + _BATCH]):
                try:
                    articles[letter.origin] = remake(letter.record(), settings, specs, now, columns)
                except InvalidRecord as error:
                    outcome.still_dead += 1
                    if len(outcome.why) < _SHOWN:
                        outcome.why[letter.origin] = str(error)
            _send(store, producer, articles, settings.broker.partitions)
            failed = [origin for origin in names[start : start + _BATCH] if origin not in articles]
            with store.write() as connection:
                for origins_now, values in (
                    (list(articles), {"status": "replayed"}), (failed, {"attempts": dead.c.attempts + 1}),
                ):  # fmt: skip
                    connection.execute(update(dead).where(dead.c.origin.in_(origins_now)).values(values))
            outcome.sent += len(articles)
    finally:
        if producer is not None:
            producer.close()
    return outcome


def _letters(store: Store, names: Sequence[str]) -> list[StoredDeadLetter]:
    with store.read() as connection:
        rows = connection.execute(select(dead).where(dead.c.origin.in_(names))).mappings().all()
    return [StoredDeadLetter(**row) for row in rows]


def _send(store: Store, producer: Producer | None, articles: Mapping[str, Article], partitions: int) -> None:
    """Open the origins, then hand over: whoever settles an article must not find it settled as dead.

    Where the broker is away they are dead again, as before.
    """
    with store.write() as connection:
        chosen = origins.c.origin.in_(list(articles)), origins.c.kind == IngestOutcome.DEAD.value
        closed = connection.execute(select(origins).where(*chosen)).mappings().all()
        connection.execute(delete(origins).where(*chosen))
        if producer is None:
            rows = [
                {"origin": origin, "source": article.source, "article": encode(article)}
                for origin, article in articles.items()
            ]
            insert_absent(connection, pending, rows)
            return
    try:
        for article in articles.values():
            producer.send(RAW, article, key=article.id, partition=partition_of(article.id, partitions))
        producer.flush()
    except BusUnavailable:
        with store.write() as connection:
            insert_absent(connection, origins, [dict(row) for row in closed])
        raise
