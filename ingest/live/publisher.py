"""Publishing live articles to `news.raw`: owner of the producer, of the clock behind available_at and of the markers.

    batch -> drop repeats -> write down what is in flight -> stamp available_at -> send -> flush
          -> one transaction {cursor, read, pending, nothing in flight} -> done

A kill before the transaction repeats the batch (alerts drops the repeats: same origin); after it, nothing. What was in
flight counts as read, whether it is sent again or was settled in between: `read` stays what was read. Where the broker
only has memory, what it acknowledged is also kept in `pending` (pending.py) until some desk has settled it.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import select

from core.bus import Bus, Producer
from core.bus.base import RAW
from core.deadletter import dead_letter, publish_dead_letters
from core.errors import BusUnavailable, InvalidRecord
from core.ids import partition_of
from core.metrics import ARTICLES_READ, ARTICLES_SENT, DUPLICATES
from core.records import Article, DeadLetter, Health, Marker, encode
from core.runtime import crash
from core.settings import Settings
from core.stage import Stage
from core.store import Store, insert_absent, upsert
from core.tables import cursors, health, origins, pending
from ingest.items.build import with_available_at
from ingest.items.pending import PendingArticles, pending_row
from ingest.live.cursor import Cursor
from ingest.live.in_flight import InFlightOrigins

log = structlog.get_logger(__name__)
WRITER = "live"
_RECENT = 50_000
_CHUNK = 500


@dataclass
class PublishBatch:
    """What one poll returned, ready to be published. `done` is set when that has ended, with `ok` where it is safe."""

    cursor: Cursor
    articles: list[Article] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    acknowledged: Callable[[], None] | None = None
    done: threading.Event = field(default_factory=threading.Event)
    ok: bool = False
    new: int = 0
    """How many articles were new."""


@dataclass
class _Sent:
    """What was sent of a batch."""

    batch: PublishBatch
    articles: list[Article]
    dead: list[DeadLetter]

    @property
    def origins(self) -> set[str]:
        return {article.origin for article in self.articles} | {letter.origin for letter in self.dead}


class ArticlePublisher:
    """Publishes batches, pending articles, markers and health records. Used by one thread."""

    def __init__(self, settings: Settings, bus: Bus, store: Store, stage: Stage) -> None:
        self._bus, self._store, self._stage = bus, store, stage
        self._partitions = settings.broker.partitions
        self._producer: Producer | None = None
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._topic_id = ""
        self._last_t = 0
        self._in_flight = InFlightOrigins(store)
        self._pending = PendingArticles(store)

    def now_ms(self) -> int:
        """Wall time that never goes back: markers promise that nothing older follows."""
        self._last_t = max(self._last_t, self._stage.clock.now_ms())
        return self._last_t

    def drop(self) -> None:
        """Close the producer; the next call opens another. Does not raise where the broker is unavailable."""
        if self._producer is not None:
            with contextlib.suppress(BusUnavailable):
                self._producer.close()
            self._producer = None

    close = drop

    def publish(self, *batches: PublishBatch) -> None:
        """Publish batches, all in one flush and one transaction, and move their cursors.

        Raises BusUnavailable or StoreUnavailable; then publish the same batches again.
        """
        producer = self._open()
        wanted = [article.origin for batch in batches for article in batch.articles]
        wanted += [letter.origin for batch in batches for letter in batch.dead]
        fresh = self._fresh(wanted)
        self._record_in_flight(batches, fresh)
        sent = [self._send_batch(producer, batch, fresh) for batch in batches]
        producer.flush()
        crash.point("after_hand_over")
        publish_dead_letters([letter for one in sent for letter in one.dead], producer, self._store, "ingest")
        crash.point("before_cursor")
        reads = self._commit(sent)
        crash.point("after_cursor")
        for one, read in zip(sent, reads, strict=True):
            one.batch.cursor.read, one.batch.new = read, len(one.articles)
            names = [article.origin for article in one.articles]
            if not self._bus.durable:
                self._pending.acknowledged(names)
            self._remember(names + [letter.origin for letter in one.dead])
            self._count(one)

    def send_pending(self) -> int:
        """Send what waits in the store; returns how many articles. Raises BusUnavailable or StoreUnavailable."""
        waiting = self._pending.waiting()
        if waiting.unsent:
            producer = self._open()
            for article in self._pending.articles(waiting.unsent):
                self._send(producer, with_available_at(article, self.now_ms()))
            producer.flush()
            crash.point("after_hand_over")
            self._pending.acknowledged(waiting.unsent)
            self._remember(waiting.unsent)
            self._stage.count("sent", len(waiting.unsent))
        self._pending.delete([*waiting.settled, *(waiting.unsent if self._bus.durable else ())])
        return len(waiting.unsent)

    def send_markers(self) -> None:
        """Send a marker to every partition, behind what was published. Raises BusUnavailable."""
        producer = self._open()
        marker = Marker(writer=WRITER, t=self.now_ms())
        for partition in range(self._partitions):
            producer.send(RAW, marker, key=WRITER, partition=partition)
        producer.flush()

    def publish_health(self, found: Health) -> None:
        """Send a source's health through the topics and store it. Raises BusUnavailable or StoreUnavailable."""
        producer = self._open()
        producer.send(RAW, found, key=found.source, partition=partition_of(found.source, self._partitions))
        producer.flush()
        with self._store.write() as connection:
            upsert(connection, health, [found.row()])

    def _open(self) -> Producer:
        if self._producer is None:
            self._bus.ensure_topics(self._partitions)
            topic_id = self._bus.topic_id(RAW)
            if self._topic_id and topic_id != self._topic_id:
                log.warning("the broker has a new, empty log: what is not settled is sent again")
                self._pending.forget_acknowledged()
            self._topic_id = topic_id
            self._producer = self._bus.producer()
        return self._producer

    def _send(self, producer: Producer, article: Article) -> None:
        producer.send(RAW, article, key=article.id, partition=partition_of(article.id, self._partitions))

    def _send_batch(self, producer: Producer, batch: PublishBatch, fresh: dict[str, bool]) -> _Sent:
        """Send what is fresh of a batch, and take it out of `fresh`."""
        articles: list[Article] = []
        dead = [letter for letter in batch.dead if fresh.pop(letter.origin, None) is not None]
        for article in batch.articles:
            if fresh.pop(article.origin, None) is None:
                continue
            article = with_available_at(article, self.now_ms())
            try:
                self._send(producer, article)
            except InvalidRecord as error:
                dead.append(_too_large(article, error, self._last_t))
            else:
                articles.append(article)
        return _Sent(batch, articles, dead)

    def _record_in_flight(self, batches: Sequence[PublishBatch], fresh: Mapping[str, bool]) -> None:
        """Write down what is about to go. Raises StoreUnavailable."""
        wanted: dict[str, set[str]] = {}
        for batch in batches:
            found = wanted.setdefault(batch.cursor.name, set())
            found |= {article.origin for article in batch.articles if article.origin in fresh}
            found |= {letter.origin for letter in batch.dead if letter.origin in fresh}
        self._in_flight.add(wanted)

    def _commit(self, sent: Sequence[_Sent]) -> list[int]:
        """The transaction behind the broker's acknowledgement; returns each batch's number of origins read."""
        now = self._stage.clock.now_ms()
        rows: list[dict[str, object]] = []
        in_flight: dict[str, frozenset[str]] = {}
        reads: list[int] = []
        for one in sent:
            cursor, counted = one.batch.cursor, one.origins
            left = in_flight.get(cursor.name, self._in_flight.of(cursor.name)) - counted
            settled = left - self._fresh(list(left)).keys() if left else frozenset[str]()
            in_flight[cursor.name] = left - settled
            reads.append(cursor.read + len(counted) + len(settled))
            rows.append({**cursor.row(now), "read": reads[-1]})
        with self._store.write() as connection:
            self._in_flight.write(connection, in_flight)
            if not self._bus.durable and (articles := [article for one in sent for article in one.articles]):
                insert_absent(connection, pending, [pending_row(article) for article in articles])
            upsert(connection, cursors, rows)
        self._in_flight.keep(in_flight)
        return reads

    def _count(self, one: _Sent) -> None:
        stage, source = self._stage, one.batch.cursor.name
        sent, dead = len(one.articles), len(one.dead)
        repeats = len(one.batch.articles) - sent - sum(letter.topic == RAW for letter in one.dead)
        stage.count("read", sent + dead)
        stage.count("sent", sent)
        stage.count("dead", dead)
        stage.count("repeats", repeats)
        ARTICLES_READ.labels(source).inc(sent + dead)
        ARTICLES_SENT.labels(source).inc(sent)
        DUPLICATES.labels("ingest").inc(repeats)

    def _fresh(self, wanted: Sequence[str]) -> dict[str, bool]:
        """Those origins that are not settled and not on their way already, each once."""
        names = list(dict.fromkeys(origin for origin in wanted if origin not in self._recent))
        known: set[str] = set()
        with self._store.read() as connection:
            for start in range(0, len(names), _CHUNK):
                chunk = names[start : start + _CHUNK]
                known |= set(
                    connection.execute(select(origins.c.origin).where(origins.c.origin.in_(chunk))).scalars()
                )
        return {name: True for name in names if name not in known}

    def _remember(self, names: Iterable[str]) -> None:
        for name in names:
            self._recent[name] = None
        while len(self._recent) > _RECENT:
            self._recent.popitem(last=False)


def _too_large(article: Article, error: InvalidRecord, now_ms: int) -> DeadLetter:
    return dead_letter(
        origin=article.origin, reason=error.reason, payload=encode(article), at=now_ms, detail=error.detail,
        source=article.source, key=article.id, topic=RAW,
    )  # fmt: skip
