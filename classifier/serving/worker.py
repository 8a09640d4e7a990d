"""The classifier's worker: read `news.raw`, score, write `news.scored`, commit.

What it read from partition p it writes to partition p, in order; markers and health records pass through. Offsets are
committed only behind acknowledged output, the highest contiguous one: at least once, in order, without gaps. On a
failed send it starts over from the committed offsets rather than going on. What can go wrong:

    a record cannot be decoded or scored   dead letter with its bytes, go on
    more than half of 200 are dead letters that partition is paused until a restart: a bad deploy upstream
    a record kills the process             counted over restarts (crashguard), then a dead letter
    the dead-letter topic or store is away the position is held
    the broker is away                     back off, reopen, start over from the committed offsets
    the group takes a partition away       Fenced: drop the current batch, go on with the others
    a partition stops being read           the watchdog reopens the consumer
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence

import structlog

from classifier.serving.classify import Classify
from classifier.serving.crashguard import DEATHS, CrashGuard
from classifier.serving.shadow import Shadow
from core import metrics
from core.bus import Bus, Consumer, Producer, Received
from core.bus.base import RAW, SCORED
from core.bus.watchdog import Watchdog
from core.deadletter import dead_letter, publish_dead_letters
from core.errors import (
    BusUnavailable,
    Fenced,
    InvalidRecord,
    ModelUnavailable,
    NewsquakeError,
    Reason,
    Retryable,
)
from core.origins import OriginKind, record_origin
from core.records import Article, DeadLetter, ScoredArticle, decode, encode, schema_of
from core.retry import delays
from core.runtime import crash
from core.stage import Stage
from core.store import Store

log = structlog.get_logger(__name__)

GROUP = "classifier"
POISON_WINDOW = 200


class Worker:
    """One classifier process. `partitions`: assigned by hand (the local run); None: by the consumer group."""

    def __init__(
        self,
        bus: Bus,
        store: Store,
        stage: Stage,
        classify: Classify,
        *,
        partitions: Iterable[int] | None = None,
        batch_records: int = 256,
        shadow: Shadow | None = None,
    ) -> None:
        self._bus, self._store, self._stage, self._classify = bus, store, stage, classify
        self._shadow = shadow
        self._partitions = list(partitions) if partitions is not None else None
        self._batch_records = batch_records
        self._outcomes: dict[int, deque[bool]] = {}
        self._paused: set[int] = set()

    def run(self) -> None:
        """Work until the stage is asked to stop. Raises ConfigError and bugs; everything else is retried."""
        pauses = delays()
        while not self._stage.stopping:
            try:
                self._session()
                pauses = delays()
            except Fenced as error:
                metrics.FENCED.labels(self._stage.name).inc()
                log.warning("partitions taken away; joining again", error=str(error))
            except Retryable as error:
                pause = next(pauses)
                log.warning("holding the position", error=str(error), wait_s=round(pause, 1))
                self._stage.report("waiting", force=True)
                self._stage.wait(max(pause, error.after_s or 0))

    def _session(self) -> None:
        """From opening a consumer to stopping, or to an error that makes the position uncertain."""
        topic_id = self._bus.topic_id(RAW)
        consumer = self._bus.consumer(RAW, group=GROUP, partitions=self._partitions)
        producer = self._bus.producer()
        guard = CrashGuard(self._store, self._stage.name, topic_id)
        watchdog = Watchdog(consumer, self._stage.clock)
        noted: set[int] = set()
        try:
            self._stage.report("running", force=True)
            while not self._stage.stopping:
                records = consumer.poll(0.2, self._batch_records)
                if fresh := {r.partition: r.offset for r in reversed(records) if r.partition not in noted}:
                    guard.start(fresh, self._batch_records)
                    noted |= set(fresh)
                if records:
                    crash.point("after_poll")
                    self._take(records, consumer, producer, guard, topic_id)
                watchdog.observe(records, self._paused)
                self._stage.report()
        except Fenced:
            self._outcomes.clear()
            raise
        finally:
            producer_close(producer)
            consumer.close()

    def _take(
        self,
        records: Sequence[Received],
        consumer: Consumer,
        producer: Producer,
        guard: CrashGuard,
        topic_id: str,
    ) -> None:
        started = time.perf_counter()
        careful = [r for r in records if guard.careful(r.partition, r.offset)]
        alone = {id(r) for r in careful}
        groups = [[r] for r in careful] + (
            [rest] if (rest := [r for r in records if id(r) not in alone]) else []
        )
        for group in groups:
            self._handle(
                group,
                consumer,
                producer,
                guard if len(group) == 1 and id(group[0]) in alone else None,
                topic_id,
            )
        took = time.perf_counter() - started
        self._stage.gauge("busy_s", round(self._stage.gauges.get("busy_s", 0.0) + took, 3))
        metrics.SCORE_SECONDS.observe(took)

    def _handle(
        self,
        records: Sequence[Received],
        consumer: Consumer,
        producer: Producer,
        guard: CrashGuard | None,
        topic_id: str,
    ) -> None:
        """Score a batch, publish all of it, then commit."""
        dead_letters: list[DeadLetter] = []
        articles: dict[int, Article] = {}
        through: set[int] = set()
        for index, record in enumerate(records):
            try:
                if guard is not None and (tries := guard.tries(record.partition, record.offset)) >= DEATHS:
                    raise InvalidRecord(Reason.CRASH_LOOP, f"tried {tries} times; the process died each time")
                decoded = decode(record.value, record.schema)
                if isinstance(decoded, Article):
                    articles[index] = decoded
                elif isinstance(decoded, (ScoredArticle, DeadLetter)):
                    raise InvalidRecord(Reason.BAD_SCHEMA, f"{record.schema} does not belong on {RAW}")
                else:
                    through.add(index)
            except InvalidRecord as error:
                dead_letters.append(self._dead_letter(record, error, topic_id, origin=""))
        scores = self._score(records, articles, dead_letters, consumer, topic_id)
        crash.point("after_score")
        for index, record in enumerate(records):
            key = (record.key or b"").decode("utf-8", "replace")
            if index in through:
                producer.send_bytes(
                    SCORED, record.value, schema=record.schema, key=key, partition=record.partition
                )
            elif index in scores:
                one = scores[index]
                try:
                    producer.send_bytes(
                        SCORED, encode(one), schema=schema_of(one), key=key, partition=record.partition
                    )
                except InvalidRecord as error:  # grew over the limit by its scores
                    dead_letters.append(self._dead_letter(record, error, topic_id, origin=one.article.origin))
        producer.flush()
        publish_dead_letters(dead_letters, producer, self._store, self._stage.name)
        crash.point("after_produce")
        ends = {record.partition: record.offset + 1 for record in records}
        crash.point("before_offset_commit")
        consumer.commit(ends)
        crash.point("after_offset_commit")
        self._stage.count("read", len(articles))
        self._stage.count("scored", len(scores))
        self._stage.count("dead", len(dead_letters))
        self._stage.gauge("cache_hits", self._classify.hits)
        for one in scores.values():
            metrics.ARTICLES_SCORED.labels(one.language or "?").inc()
        if self._shadow is not None and not self._stage.stopping:
            consumer.keepalive()
            self._stage.count(
                "shadow", self._shadow.compare(list(scores.values()), self._stage.clock.now_ms())
            )
        self._watch_poison(records, dead_letters, consumer)

    def _score(
        self,
        records: Sequence[Received],
        articles: dict[int, Article],
        dead_letters: list[DeadLetter],
        consumer: Consumer,
        topic_id: str,
    ) -> dict[int, ScoredArticle]:
        """Scores by index; an article that fails even alone becomes a dead letter."""
        if not articles:
            return {}
        beat = _Heartbeat(consumer)
        try:
            return dict(zip(articles, self._classify(list(articles.values()), beat), strict=True))
        except (NewsquakeError, MemoryError, RuntimeError, ValueError) as error:
            if isinstance(error, (Retryable, Fenced)):
                raise
            log.warning("batch failed; scoring one by one", error=str(error), articles=len(articles))
        scores: dict[int, ScoredArticle] = {}
        failed: list[tuple[int, Exception]] = []
        for index, article in articles.items():
            try:
                [scores[index]] = self._classify([article])
            except (NewsquakeError, MemoryError, RuntimeError, ValueError) as error:
                if isinstance(error, (Retryable, Fenced)):
                    raise
                failed.append((index, error))
            beat(1)
        if failed and not scores and len(articles) > 1:
            # All of them: the fault is the model's, not the articles'.
            raise ModelUnavailable(f"the model fails on everything: {failed[0][1]}")
        for index, fault in failed:
            reason = Reason.MODEL_OOM if isinstance(fault, MemoryError) else Reason.MODEL_FAILED
            invalid = InvalidRecord(reason, f"{type(fault).__name__}: {fault}")
            dead_letters.append(
                self._dead_letter(records[index], invalid, topic_id, origin=articles[index].origin)
            )
        return scores

    def _dead_letter(self, record: Received, error: InvalidRecord, topic_id: str, origin: str) -> DeadLetter:
        return dead_letter(
            origin=origin or record_origin(OriginKind.RAW_RECORD, topic_id, record.partition, record.offset),
            reason=error.reason,
            detail=error.detail,
            error=type(error.__cause__ or error).__name__,
            payload=record.value,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=(record.key or b"").decode("utf-8", "replace"),
            at=self._stage.clock.now_ms(),
        )

    def _watch_poison(
        self, records: Sequence[Received], dead_letters: list[DeadLetter], consumer: Consumer
    ) -> None:
        dead = {(one.partition, one.offset) for one in dead_letters}
        for record in records:
            outcomes = self._outcomes.setdefault(record.partition, deque(maxlen=POISON_WINDOW))
            outcomes.append((record.partition, record.offset) in dead)
        for partition, outcomes in self._outcomes.items():
            if (
                partition not in self._paused
                and len(outcomes) == POISON_WINDOW
                and sum(outcomes) > POISON_WINDOW // 2
            ):
                self._paused.add(partition)
                consumer.pause([partition])
                metrics.PAUSED.labels(self._stage.name).set(len(self._paused))
                self._stage.report("paused", force=True)
                log.error(
                    "partition paused: over half of the last records could not be processed; see `newsquake dlq "
                    "list`, correct what writes them, restart the classifier",
                    partition=partition,
                )


class _Heartbeat:
    """Keeps the group membership alive in the middle of a slow batch."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._beat_at = time.monotonic()

    def __call__(self, _: int) -> None:
        if time.monotonic() - self._beat_at > 5:
            self._consumer.keepalive()
            self._beat_at = time.monotonic()


def producer_close(producer: Producer) -> None:
    """Close a producer. Where it cannot flush any more that is only logged: its records were not committed."""
    try:
        producer.close()
    except BusUnavailable as error:
        log.warning("producer closed with records unsent; they will be sent again", error=str(error))
