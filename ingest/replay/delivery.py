"""Sending a sorted dump to `news.raw`, in event time: at full speed or N event seconds a second.

Order of every second's checkpoint, and what a kill leaves behind each step:
1. flush: the broker has acknowledged what was sent.               (kill: sent again, dropped in alerts by id+revision)
2. the store, one transaction: copies settled as duplicates, cursor moved.   (kill: as above)
3. markers to every partition, T = the next row's available_at.    (kill: the next checkpoint's markers say as much)

Starting again: the dump is read and sorted again (deterministically). On a broker that kept its log, everything up to
the cursor's position is passed over; otherwise, and beyond it, every row whose origin is settled already is.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any

import structlog

from core.bus import Bus, Producer
from core.bus.base import RAW
from core.deadletter import publish_dead_letters
from core.errors import Retryable
from core.ids import partition_of
from core.metrics import ARTICLES_SENT, DUPLICATES
from core.origins import IngestOutcome
from core.records import DeadLetter, Marker
from core.retry import delays
from core.runtime import crash
from core.settings import Settings
from core.stage import Stage
from core.store import Store
from ingest.replay.replay_cursor import ReplayCursor
from ingest.replay.sorted_dump import ArticleGroup, SortedDump

log = structlog.get_logger(__name__)
CHECKPOINT_S = 1.0
_CHUNK = 250
_FLUSH_BYTES = 24 << 20
"""What may be on its way unacknowledged: the client keeps it in memory."""
_DEAD_BATCH = 2000
_DEAD_BYTES = 8 << 20


class ReplayDelivery:
    """Sends a dump that is loaded: dead rows, articles in order, markers; moves its cursor."""

    def __init__(
        self, settings: Settings, bus: Bus, store: Store, stage: Stage, dump: SortedDump, cursor: ReplayCursor, *,
        speed: float | None,
    ) -> None:  # fmt: skip
        """`speed`: event seconds per wall second; None: as fast as it goes."""
        self._settings, self._bus, self._store, self._stage = settings, bus, store, stage
        self._clock = stage.clock
        self._dump, self._cursor, self._speed = dump, cursor, speed
        self.writer = f"replay:{dump.hash[:16]}"
        self._position = 0
        self._copies: list[dict[str, Any]] = []
        self._checkpoint_at = 0.0
        self._outstanding: deque[tuple[int, str]] = deque()
        self._sent_now = self._settled_now = 0

    def end_t(self) -> int:
        """Time of the last marker in ms: the end of the last article's pane + allowed lateness; 0 without articles."""
        if self._dump.last_at is None:
            return 0
        pane = self._settings.alerts.pane
        return (self._dump.last_at // pane + 1) * pane + self._settings.alerts.allowed_lateness

    def run(self) -> bool:
        """Send everything, and retry while broker or store are unavailable; False: the stage was asked to stop."""
        pauses = delays()
        while True:
            try:
                before = self._cursor.position
                return self._deliver()
            except Retryable as error:
                if self._stage.stopping:
                    return False
                if self._cursor.position > before:
                    pauses = delays()
                pause = max(next(pauses), error.after_s or 0.0)
                log.warning("replay held", error=str(error), wait_s=round(pause, 2), position=self._position)
                self._stage.report("waiting", force=True)
                self._stage.wait(pause)
                self._cursor.resumed = True

    def _deliver(self) -> bool:
        """Send what is not there yet, from the last checkpoint on. Raises Retryable; then call it again."""
        self._bus.ensure_topics(self._settings.broker.partitions)
        partitions = self._bus.partitions(RAW)
        topic_id = self._bus.topic_id(RAW)
        log_kept = self._cursor.state.get("topic_id") == topic_id
        skip = self._cursor.position if self._cursor.resumed and log_kept and self._bus.durable else 0
        self._cursor.state["topic_id"] = topic_id
        self._position, self._copies = 0, []
        self._outstanding.clear()
        self._sent_now = self._settled_now = 0
        self._stage.report("running")
        producer = self._bus.producer()
        try:
            self._publish_dead(producer)
            self._checkpoint_at = self._clock.monotonic_s()
            groups = self._paced(self._unsettled(self._dump.groups(), skip), producer, partitions)
            unacknowledged = 0
            for group in groups:
                producer.send_bytes(
                    RAW,
                    group.value,
                    schema="article/1",
                    key=group.id,
                    partition=partition_of(group.id, partitions),
                )
                self._sent_now += 1
                unacknowledged += len(group.value)
                if unacknowledged >= _FLUSH_BYTES:
                    producer.flush()
                    unacknowledged = 0
                if self._sent_now % _CHUNK == 0:
                    self._outstanding.append((self._sent_now, self._dump.origin(group.row)))
                    # At full speed a second of wall time may hold a year: panes shall close all the same.
                    self._mark(producer, partitions, group.available_at)
            stopping = self._stage.stopping
            self._checkpoint(producer, partitions, None, final=not stopping)
            return not stopping
        finally:
            producer.close()

    def _unsettled(self, groups: Iterator[ArticleGroup], skip: int) -> Iterator[ArticleGroup]:
        """Groups to send, in order; copies are noted, what is settled or in the kept log is passed over."""
        while chunk := list(itertools.islice(groups, _CHUNK)):
            if self._position + len(chunk) <= skip:
                self._position += len(chunk)
                self._stage.counters["sent"] = max(self._stage.counters["sent"], self._position)
                continue
            settled: set[str] = set()
            if self._cursor.resumed:
                settled = self._cursor.settled([self._dump.origin(group.row) for group in chunk])
            for group in chunk:
                if group.copies:
                    self._copies += [
                        {
                            "origin": self._dump.origin(row),
                            "kind": IngestOutcome.DUPLICATE.value,
                            "source": self._dump.source,
                            "article_id": group.id,
                            "revision": group.revision,
                        }
                        for row in group.copies
                    ]
                if self._position >= skip and self._dump.origin(group.row) not in settled:
                    yield group
                self._position += 1

    def _paced(
        self, groups: Iterator[ArticleGroup], producer: Producer, partitions: int
    ) -> Iterator[ArticleGroup]:
        """The groups, each when it is due; checkpoints in between, and a pause while too much is on its way."""
        clock, speed = self._clock, self._speed
        started: tuple[float, int] | None = None
        hold_back = not self._bus.durable
        for group in groups:
            if speed is not None:
                now = clock.monotonic_s()
                if started is None:
                    started = (now, group.available_at)
                due = started[0] + (group.available_at - started[1]) / 1000 / speed
                while clock.monotonic_s() < due and not self._stage.stopping:
                    if self._stage.clock is clock and due - clock.monotonic_s() > 0:
                        self._pause(min(CHECKPOINT_S, due - clock.monotonic_s()))
                    self._maybe_checkpoint(producer, partitions, group.available_at)
            while hold_back and self._too_far_ahead() and not self._stage.stopping:
                self._pause(0.05)
                self._maybe_checkpoint(producer, partitions, group.available_at)
            if self._stage.stopping:
                return
            self._maybe_checkpoint(producer, partitions, group.available_at)
            yield group

    def _pause(self, seconds: float) -> None:
        if hasattr(self._clock, "advance"):  # a manual clock: it is advanced
            self._clock.sleep(seconds)
        else:
            self._stage.wait(seconds)

    def _too_far_ahead(self) -> bool:
        """Whether more than ingest.queue_articles are on their way and not yet settled in the store.

        A memory-only broker holds all it was given: what nobody has taken yet must stay bounded.
        """
        limit = self._settings.ingest.queue_articles
        if self._sent_now - self._settled_now < limit or self._sent_now % _CHUNK:
            return False
        while self._outstanding and self._cursor.settled([self._outstanding[0][1]]):
            self._settled_now = self._outstanding.popleft()[0]
        return self._sent_now - self._settled_now >= limit

    def _publish_dead(self, producer: Producer) -> None:
        """Publish dead rows first: they need no order, and are in the store before the dump's end is announced."""
        batch: list[DeadLetter] = []
        size = 0

        def publish(letters: list[DeadLetter]) -> None:
            if self._cursor.resumed:
                known = {
                    origin
                    for start in range(0, len(letters), 500)
                    for origin in self._cursor.settled(
                        [letter.origin for letter in letters[start : start + 500]]
                    )
                }
                letters = [letter for letter in letters if letter.origin not in known]
            publish_dead_letters(letters, producer, self._store, "ingest")
            self._stage.report()

        for letter in self._dump.dead():
            batch.append(letter)
            size += len(letter.payload)
            if len(batch) >= _DEAD_BATCH or size >= _DEAD_BYTES:
                publish(batch)
                batch, size = [], 0
            if self._stage.stopping:
                return
        publish(batch)
        self._stage.counters["dead"] = self._dump.dead_count

    def _maybe_checkpoint(self, producer: Producer, partitions: int, next_t: int) -> None:
        if self._clock.monotonic_s() - self._checkpoint_at >= CHECKPOINT_S:
            self._checkpoint(producer, partitions, next_t)

    def _checkpoint(
        self, producer: Producer, partitions: int, next_t: int | None, *, final: bool = False
    ) -> None:
        """The three steps of the module's docstring. Without `next_t` and not final: no marker."""
        producer.flush()
        crash.point("after_hand_over")
        copies, self._copies = self._copies, []
        newly = self._position - self._cursor.position
        if not final:
            self._cursor.position = self._position
            crash.point("before_cursor")
            self._cursor.save(self._dump.rows, done=False, copies=copies)
            crash.point("after_cursor")
        if final and self.end_t():
            self._mark(producer, partitions, self.end_t(), end=True)
            producer.flush()
        elif next_t is not None:
            self._mark(producer, partitions, next_t)
        if final:  # done only behind the end marker: a dump that says so needs no other word
            self._cursor.position = self._position
            crash.point("before_cursor")
            self._cursor.save(self._dump.rows, done=True, copies=copies)
            crash.point("after_cursor")
        if newly > 0:
            ARTICLES_SENT.labels(self._dump.source).inc(newly)
        self._stage.counters["sent"] = max(self._stage.counters["sent"], self._position)
        self._stage.count("duplicates", len(copies))
        DUPLICATES.labels("ingest").inc(len(copies))
        self._stage.report()
        self._checkpoint_at = self._clock.monotonic_s()

    def _mark(self, producer: Producer, partitions: int, t: int, *, end: bool = False) -> None:
        for partition in range(partitions):
            producer.send(RAW, Marker(writer=self.writer, t=t, end=end), key=self.writer, partition=partition)
