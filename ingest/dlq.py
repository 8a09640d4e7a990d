"""Dead letters, looked at and tried again. The store's mirror is what is read; nothing here forgets that they died.

A replay makes the article anew from the original bytes: a dump's row by the dump's own rules, a live item by its
source's, what died behind ingest as it stood on the topic. It keeps its origin, so whoever settles it settles it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson
from sqlalchemy import delete, func, select, update

from core.bus import Bus
from core.bus.base import RAW
from core.clock import Clock, SystemClock
from core.errors import ConfigError, InvalidRecord, Reason
from core.ids import partition_of
from core.records import Article, DeadLetter, decode
from core.settings import Settings
from core.store import Store
from core.tables import dead, origins
from ingest.columns import FIELDS, names_for
from ingest.rows import Rows

_BATCH = 200


@dataclass(frozen=True)
class Letter:
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
    status: str

    def summary(self) -> dict[str, Any]:
        """Everything but the bytes."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "payload"} | {
            "bytes": len(self.payload)
        }


@dataclass
class Outcome:
    """What a replay did."""

    sent: int = 0
    still_dead: int = 0
    skipped: int = 0


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
) -> list[Letter]:
    """Newest first. Raises ConfigError for an unknown reason or status."""
    statement = _where(select(dead), reason=reason, source=source, status=status)
    with store.read() as connection:
        rows = (
            connection.execute(statement.order_by(dead.c.at.desc(), dead.c.origin).limit(limit))
            .mappings()
            .all()
        )
    return [Letter(**row) for row in rows]


def counts(store: Store, status: str = "all") -> dict[str, int]:
    """How many per reason, most first."""
    statement = _where(select(dead.c.reason, func.count().label("n")), status=status).group_by(dead.c.reason)
    with store.read() as connection:
        return {row.reason: row.n for row in connection.execute(statement.order_by(func.count().desc()))}


def get(store: Store, origin: str) -> Letter:
    """One. Raises ConfigError when there is none."""
    with store.read() as connection:
        row = connection.execute(select(dead).where(dead.c.origin == origin)).mappings().one_or_none()
    if row is None:
        raise ConfigError(f"no dead letter with origin {origin!r} (newsquake dlq list)")
    return Letter(**row)


def purge(
    store: Store, *, reason: str | None = None, source: str | None = None, older_than_ms: int = 0,
    clock: Clock | None = None,
) -> int:  # fmt: skip
    """Forget the bytes of those that are dead; returns how many."""
    before = (clock or SystemClock()).now_ms() - older_than_ms if older_than_ms else None
    statement = _where(update(dead), reason=reason, source=source, before=before).where(
        dead.c.status != "purged"
    )
    with store.write() as connection:
        return int(connection.execute(statement.values(status="purged", payload=b"")).rowcount)


def replay(
    settings: Settings, store: Store, bus: Bus, *, origins: Sequence[str] = (), reason: str | None = None,
    source: str | None = None, clock: Clock | None = None,
) -> Outcome:  # fmt: skip
    """Try dead letters again. Each that passes is sent and its status set; a second replay finds nothing to do.

    Raises ConfigError, BusUnavailable, StoreUnavailable.
    """
    outcome = Outcome()
    bus.ensure_topics(settings.broker.partitions)
    now = (clock or SystemClock()).now_ms()
    with store.read() as connection:
        chosen = connection.execute(
            _where(select(dead.c.origin, dead.c.status), reason=reason, source=source, origin=origins)
        ).all()
    if missing := set(origins) - {row.origin for row in chosen}:
        raise ConfigError(f"no dead letter with origin {sorted(missing)[0]!r} (newsquake dlq list)")
    outcome.skipped = sum(row.status != "dead" for row in chosen)
    names = [row.origin for row in chosen if row.status == "dead"]
    producer = bus.producer()
    try:
        for start in range(0, len(names), _BATCH):
            _replay_some(settings, store, producer, names[start : start + _BATCH], now, outcome)
    finally:
        producer.close()
    return outcome


def _replay_some(
    settings: Settings, store: Store, producer: Any, names: list[str], now: int, outcome: Outcome
) -> None:
    with store.read() as connection:
        rows = connection.execute(select(dead).where(dead.c.origin.in_(names))).mappings().all()
    passed: list[str] = []
    failed: list[str] = []
    for row in rows:
        letter = Letter(**row)
        try:
            article = remake(letter, settings, now)
            producer.send(
                RAW, article, key=article.id, partition=partition_of(article.id, settings.broker.partitions)
            )
            passed.append(letter.origin)
        except InvalidRecord:
            failed.append(letter.origin)
    producer.flush()
    with store.write() as connection:
        # The origin is open again: whoever settles the article now settles it once (insert-if-absent).
        connection.execute(delete(origins).where(origins.c.origin.in_(passed), origins.c.kind == "dead"))
        connection.execute(update(dead).where(dead.c.origin.in_(passed)).values(status="replayed"))
        connection.execute(update(dead).where(dead.c.origin.in_(failed)).values(attempts=dead.c.attempts + 1))
    outcome.sent += len(passed)
    outcome.still_dead += len(failed)


def remake(letter: Letter, settings: Settings, now: int) -> Article:
    """The article of a dead letter. Raises InvalidRecord: still no article."""
    for schema in ("article/1", "scored/1"):
        try:
            record: Any = decode(letter.payload, schema)
        except InvalidRecord:
            continue
        article: Article = record if isinstance(record, Article) else record.article
        return _as_of(article, letter, now)
    try:
        fields = orjson.loads(letter.payload)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(Reason.BAD_JSON, str(error)) from error
    if not isinstance(fields, dict):
        raise InvalidRecord(Reason.BAD_ROW, "no JSON object")
    picked = names_for(list(fields), {}, FIELDS)
    values = tuple(None if name is None else fields.get(name) for name in picked)
    rows = Rows("", letter.source, now_ms=now, max_bytes=settings.ingest.max_article_bytes)
    built = rows.build(0, values, letter.payload)
    if isinstance(built, DeadLetter):
        raise InvalidRecord(built.reason, built.detail)
    found = decode(built.value, "article/1")
    assert isinstance(found, Article)
    return _as_of(found, letter, now)


def _as_of(article: Article, letter: Letter, now: int) -> Article:
    """A dump's row keeps its event time (late, it corrects what was decided); a live article is available now."""
    if letter.origin.startswith("f:"):
        return msgspec.structs.replace(article, origin=letter.origin)
    return msgspec.structs.replace(
        article, origin=letter.origin, available_at=max(now, article.first_seen_at)
    )
