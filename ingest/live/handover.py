"""Handing live articles to `news.raw`: the one place that owns the producer, the clock of available_at and the markers.

    batch -> drop repeats -> write down what is in hand -> stamp available_at -> send -> flush
          -> one transaction {cursor, read, pending, nothing in hand} -> done

A kill before the transaction repeats the batch (alerts drops the repeats: same origin); after it, nothing. What was in
hand is read, whether it is sent again or was settled in between: `read` stays what was read. Where the
broker only has memory, what it acknowledged is also kept in `pending` until some desk has settled it, and sent again
into a new, empty log. What is pushed over HTTP waits in `pending` for this process, too.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog
from sqlalchemy import Connection, delete, select

from core.bus import Bus, Producer
from core.bus.base import RAW
from core.deadletter import publish_dead_letters
from core.errors import BusUnavailable, InvalidRecord
from core.ids import partition_of
from core.metrics import ARTICLES_READ, ARTICLES_SENT, DUPLICATES
from core.records import Article, DeadLetter, Health, Marker, encode
from core.runtime import crash
from core.settings import Settings
from core.stage import Stage
from core.store import Store, insert_absent, upsert
from core.tables import cursors, health, origins, pending
from ingest.live.cursor import Cursor
from ingest.live.items import stamped

log = structlog.get_logger(__name__)
WRITER = "live"
HAND = "hand:"
"""Rows of `cursors` that name the origins in hand."""
_RECENT = 50_000
_LIMIT = 500


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
        self._in_hand = self._load_in_hand()
        """Per source the origins that went, or were about to, before a cursor counted them."""

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

    def give(self, *batches: Batch) -> None:
        """Hand batches over, all in one flush and one transaction.

        Raises BusUnavailable or StoreUnavailable; then give them again.
        """
        producer = self._open()
        wanted = [article.origin for batch in batches for article in batch.articles]
        wanted += [letter.origin for batch in batches for letter in batch.dead]
        fresh = self._fresh(wanted)
        self._take_in_hand(batches, fresh)
        given: list[tuple[Batch, list[Article], list[DeadLetter]]] = []
        for batch in batches:
            sent: list[Article] = []
            dead = [letter for letter in batch.dead if fresh.pop(letter.origin, None) is not None]
            for article in batch.articles:
                if fresh.pop(article.origin, None) is None:
                    continue
                article = stamped(article, self.now_ms())
                try:
                    self._send(producer, article)
                except InvalidRecord as error:
                    dead.append(_too_large(article, error, self._last_t))
                else:
                    sent.append(article)
            given.append((batch, sent, dead))
        producer.flush()
        crash.point("after_hand_over")
        publish_dead_letters(
            [letter for _, _, dead in given for letter in dead], producer, self._store, "ingest"
        )
        crash.point("before_cursor")
        now = self._stage.clock.now_ms()
        rows: list[dict[str, object]] = []
        hands: dict[str, set[str]] = {}
        reads: list[int] = []
        for batch, sent, dead in given:
            name = batch.cursor.name
            counted = {article.origin for article in sent} | {letter.origin for letter in dead}
            left = hands.get(name, self._in_hand.get(name, set())) - counted
            settled = left - self._fresh(list(left)).keys() if left else set()
            hands[name] = left - settled
            reads.append(batch.cursor.read + len(counted) + len(settled))
            rows.append({**batch.cursor.row(now), "read": reads[-1]})
        with self._store.write() as connection:
            self._write_in_hand(connection, hands)
            if not self._bus.durable and (all_sent := [article for _, sent, _ in given for article in sent]):
                insert_absent(connection, pending, [_pending_row(article) for article in all_sent])
            upsert(connection, cursors, rows)
        crash.point("after_cursor")
        self._in_hand.update(hands)
        for (batch, sent, dead), read in zip(given, reads, strict=True):
            batch.cursor.read, batch.new = read, len(sent)
            origins_now = [article.origin for article in sent]
            if not self._bus.durable:
                self._handed.update(origins_now)
            self._remember(origins_now + [letter.origin for letter in dead])
            repeats = len(batch.articles) - len(sent) - sum(letter.topic == "news.raw" for letter in dead)
            self._count(batch.cursor.name, len(sent), len(dead), repeats)

    def _take_in_hand(self, batches: Sequence[Batch], fresh: Mapping[str, bool]) -> None:
        """Write down what is about to go, so that after a kill it counts as read even if it is settled by then.

        Raises StoreUnavailable.
        """
        hands: dict[str, set[str]] = {}
        for batch in batches:
            hand = hands.setdefault(batch.cursor.name, set(self._in_hand.get(batch.cursor.name, ())))
            hand |= {article.origin for article in batch.articles if article.origin in fresh}
            hand |= {letter.origin for letter in batch.dead if letter.origin in fresh}
        if changed := {name: hand for name, hand in hands.items() if hand != self._in_hand.get(name, set())}:
            with self._store.write() as connection:
                self._write_in_hand(connection, changed)
            self._in_hand.update(changed)

    def _write_in_hand(self, connection: Connection, hands: Mapping[str, set[str]]) -> None:
        now = self._stage.clock.now_ms()
        rows = [
            {"source": f"{HAND}{name}", "state": msgspec.json.encode(sorted(hand)).decode(), "read": 0,
             "done": False, "updated_at": now}
            for name, hand in hands.items() if hand
        ]  # fmt: skip
        upsert(connection, cursors, rows)
        if empty := [f"{HAND}{name}" for name, hand in hands.items() if not hand and self._in_hand.get(name)]:
            connection.execute(delete(cursors).where(cursors.c.source.in_(empty)))

    def _load_in_hand(self) -> dict[str, set[str]]:
        with self._store.read() as connection:
            rows = connection.execute(
                select(cursors.c.source, cursors.c.state).where(
                    cursors.c.source.startswith(HAND, autoescape=True)
                )
            ).all()
        return {row.source.removeprefix(HAND): set(msgspec.json.decode(row.state)) for row in rows}

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

    def _fresh(self, wanted: Sequence[str]) -> dict[str, bool]:
        """Those origins that are not settled and not on their way already, each once."""
        names = list(dict.fromkeys(origin for origin in wanted if origin not in self._recent))
        known: set[str] = set()
        with self._store.read() as connection:
            for start in range(0, len(names), _LIMIT):
                chunk = names[start : start + _LIMIT]
                known |= set(
                    connection.execute(select(origins.c.origin).where(origins.c.origin.in_(chunk))).scalars()
                )
        return {name: True for name in names if name not in known}

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
            upsert(connection, health, [found.row()])


def _pending_row(article: Article) -> dict[str, object]:
    return {"origin": article.origin, "source": article.source, "article": encode(article)}


def _too_large(article: Article, error: InvalidRecord, now_ms: int) -> DeadLetter:
    from core.deadletter import dead_letter

    return dead_letter(
        origin=article.origin, reason=error.reason, payload=encode(article), at=now_ms, detail=error.detail,
        source=article.source, key=article.id, topic=RAW,
    )  # fmt: skip
