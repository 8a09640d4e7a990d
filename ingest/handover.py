"""Handing live articles to `news.raw`: the one place that owns the producer, the clock of available_at and the markers.

    batch -> drop repeats -> stamp available_at -> send -> flush -> one transaction {cursor, read, pending} -> done

A kill before the transaction repeats the batch (alerts drops the repeats: same origin); after it, nothing. Where the
broker only has memory, what it acknowledged is also kept in `pending` until some desk has settled it, and sent again
into a new, empty log. What is pushed over HTTP waits in `pending` for this process, too.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
import structlog
from sqlalchemy import delete, select

from core import crash
from core.bus import Bus, Producer
from core.bus.base import RAW
from core.deadletter import bury
from core.errors import BusUnavailable, InvalidRecord
from core.ids import partition_of
from core.metrics import ARTICLES_READ, ARTICLES_SENT, DUPLICATES
from core.records import Article, DeadLetter, Health, Marker, encode
from core.settings import Settings
from core.stage import Stage
from core.store import Store, insert_absent, upsert
from core.tables import cursors, health, origins, pending
from ingest.cursor import Cursor
from ingest.items import stamped

log = structlog.get_logger(__name__)
WRITER = "live"
_RECENT = 50_000
_LIMIT = 500
Record = TypeVar("Record", Article, DeadLetter)
"""What has an origin."""


@dataclass
class Batch:
    """What one look brought, ready to go. `done` is set once it is safe, with `ok`."""

    cursor: Cursor
    articles: list[Article] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    acknowledged: Callable[[], None] | None = None
    done: threading.Event = field(default_factory=threading.Event)
    ok: bool = False
    new: int = 0
    """How many articles were new."""


class HandOver:
    """Used by one thread."""

    def __init__(self, settings: Settings, bus: Bus, store: Store, stage: Stage) -> None:
        self._bus, self._store, self._stage = bus, store, stage
        self._partitions = settings.broker.partitions
        self._producer: Producer | None = None
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._handed: set[str] = set()
        self._topic_id = ""
        self._last_t = 0

    def now_ms(self) -> int:
        """Wall time that never goes back: markers promise that nothing older follows."""
        self._last_t = max(self._last_t, self._stage.clock.now_ms())
        return self._last_t

    def _open(self) -> Producer:
        if self._producer is None:
            self._bus.ensure_topics(self._partitions)
            topic_id = self._bus.topic_id(RAW)
            if self._topic_id and topic_id != self._topic_id:
                log.warning("the broker has a new, empty log: what is not settled is sent again")
                self._handed.clear()
            self._topic_id = topic_id
            self._producer = self._bus.producer()
        return self._producer

    def drop(self) -> None:
        """After BusUnavailable: start over with a new producer."""
        if self._producer is not None:
            with contextlib.suppress(BusUnavailable):
                self._producer.close()
            self._producer = None

    close = drop

    def give(self, batch: Batch) -> None:
        """Hand a batch over. Raises BusUnavailable or StoreUnavailable; then give it again."""
        producer = self._open()
        fresh = self._fresh(batch.articles)
        dead = self._fresh(batch.dead)
        sent: list[Article] = []
        for article in fresh:
            article = stamped(article, self.now_ms())
            try:
                self._send(producer, article)
            except InvalidRecord as error:
                dead.append(_too_large(article, error, self._last_t))
            else:
                sent.append(article)
        producer.flush()
        crash.point("after_hand_over")
        bury(dead, producer, self._store, "ingest")
        batch.new, repeats = len(sent), len(batch.articles) - len(fresh)
        read = batch.cursor.read + len(sent) + len(dead)
        crash.point("before_cursor")
        with self._store.write() as connection:
            if not self._bus.durable and sent:
                insert_absent(connection, pending, [_pending_row(article) for article in sent])
            upsert(connection, cursors, [{**batch.cursor.row(self._stage.clock.now_ms()), "read": read}])
        crash.point("after_cursor")
        batch.cursor.read = read
        if not self._bus.durable:
            self._handed.update(article.origin for article in sent)
        self._remember([article.origin for article in sent] + [letter.origin for letter in dead])
        self._count(batch.cursor.name, len(sent), len(dead), repeats)

    def _count(self, source: str, sent: int, dead: int, repeats: int) -> None:
        stage = self._stage
        stage.count("read", sent + dead)
        stage.count("sent", sent)
        stage.count("dead", dead)
        stage.count("repeats", repeats)
        ARTICLES_READ.labels(source).inc(sent + dead)
        ARTICLES_SENT.labels(source).inc(sent)
        DUPLICATES.labels("ingest").inc(repeats)

    def _send(self, producer: Producer, article: Article) -> None:
        producer.send(RAW, article, key=article.id, partition=partition_of(article.id, self._partitions))

    def _fresh(self, records: Sequence[Record]) -> list[Record]:
        """Those not settled and not on their way already, each origin once."""
        wanted: dict[str, Record] = {
            record.origin: record for record in records if record.origin not in self._recent
        }
        known: set[str] = set()
        names = list(wanted)
        with self._store.read() as connection:
            for start in range(0, len(names), _LIMIT):
                chunk = names[start : start + _LIMIT]
                known |= set(
                    connection.execute(select(origins.c.origin).where(origins.c.origin.in_(chunk))).scalars()
                )
        return [record for origin, record in wanted.items() if origin not in known]

    def _remember(self, names: Iterable[str]) -> None:
        for name in names:
            self._recent[name] = None
        while len(self._recent) > _RECENT:
            self._recent.popitem(last=False)

    # -- pending: pushed articles, and what a memory-only broker may lose

    def send_pending(self) -> int:
        """Send what waits in the store; returns how many. Raises BusUnavailable or StoreUnavailable."""
        with self._store.read() as connection:
            waiting = connection.execute(
                select(pending.c.origin, origins.c.kind).select_from(
                    pending.outerjoin(origins, origins.c.origin == pending.c.origin)
                )
            ).all()
        settled = [row.origin for row in waiting if row.kind is not None]
        todo = [row.origin for row in waiting if row.kind is None and row.origin not in self._handed]
        if todo:
            producer = self._open()
            for start in range(0, len(todo), _LIMIT):
                with self._store.read() as connection:
                    rows = connection.execute(
                        select(pending.c.article).where(pending.c.origin.in_(todo[start : start + _LIMIT]))
                    ).scalars()
                    articles = [msgspec.json.decode(row, type=Article) for row in rows]
                for article in articles:
                    self._send(producer, stamped(article, self.now_ms()))
            producer.flush()
            crash.point("after_hand_over")
            if self._bus.durable:
                settled += todo
            self._handed.update(todo)
            self._remember(todo)
            self._stage.count("sent", len(todo))
        if settled:
            with self._store.write() as connection:
                for start in range(0, len(settled), _LIMIT):
                    connection.execute(
                        delete(pending).where(pending.c.origin.in_(settled[start : start + _LIMIT]))
                    )
            self._handed.difference_update(settled)
        return len(todo)

    # -- progress

    def mark(self) -> None:
        """A marker to every partition behind what was handed over. Raises BusUnavailable."""
        producer = self._open()
        marker = Marker(writer=WRITER, t=self.now_ms())
        for partition in range(self._partitions):
            producer.send(RAW, marker, key=WRITER, partition=partition)
        producer.flush()

    def tell_health(self, found: Health) -> None:
        """A source's health on its way through the topics, and in the store. Raises BusUnavailable."""
        producer = self._open()
        producer.send(RAW, found, key=found.source, partition=partition_of(found.source, self._partitions))
        producer.flush()
        with self._store.write() as connection:
            upsert(connection, health, [msgspec.structs.asdict(found)])


def _pending_row(article: Article) -> dict[str, object]:
    return {"origin": article.origin, "source": article.source, "article": encode(article)}


def _too_large(article: Article, error: InvalidRecord, now_ms: int) -> DeadLetter:
    from core.deadletter import dead_letter

    return dead_letter(
        origin=article.origin, reason=error.reason, payload=encode(article), at=now_ms, detail=error.detail,
        source=article.source, key=article.id,
    )  # fmt: skip
