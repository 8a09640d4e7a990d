"""Live ingestion: scheduled polls in threads, and one thread that publishes what they return.

A poll that returned something waits until it is published, so that a source is never ahead of its cursor, and a broker
that is unavailable stops the polls by itself. Each second a marker says how far wall time has come.
"""

from __future__ import annotations

import queue

import structlog

from core.bus import Bus
from core.errors import BusUnavailable, ConfigError, Fenced, Refused, Retryable, StoreUnavailable
from core.metrics import FETCH_ERRORS
from core.records import Article
from core.retry import delays
from core.settings import Settings
from core.stage import Stage
from core.store import Store
from ingest.items.build import build
from ingest.live.cursor import Cursor, load_cursor, mark_of
from ingest.live.monitor import SourceMonitor
from ingest.live.publisher import ArticlePublisher, PublishBatch
from ingest.live.schedule import PollSchedule
from ingest.sources.base_settings import SourceSettings
from ingest.sources.contract import PollContext, PollResult, Source
from ingest.sources.info import source_info
from ingest.sources.loading import load_sources
from ingest.sources.registry import create_source
from ingest.web.fetch import Fetcher
from ingest.web.opening import open_fetcher

log = structlog.get_logger(__name__)
MARK_S, PENDING_S = 1.0, 0.5
POLL_S = 150.0
"""So long a poll goes on to further pages; then the next source at its host is polled. Longer than a list and one page
may have to wait (fetch.MOST_DELAY_S), so that each poll gets further."""


class LiveRunner:
    """All enabled sources. Raises ConfigError from the constructor for a fault in their settings."""

    def __init__(
        self, settings: Settings, bus: Bus, store: Store, stage: Stage, fetcher: Fetcher | None = None
    ) -> None:
        self._settings, self._bus, self._store, self._stage = settings, bus, store, stage
        self._specs = [spec for spec in load_sources(settings) if spec.enabled]
        self._sources: dict[str, Source] = {}
        self._cursors: dict[str, Cursor] = {}
        self._fetcher = fetcher or open_fetcher(settings, stage)
        self._publisher = ArticlePublisher(settings, bus, store, stage)
        self._queue: queue.Queue[PublishBatch] = queue.Queue(maxsize=32)
        self._monitor = SourceMonitor(self._specs)
        for spec in self._specs:
            source = create_source(spec, settings.path("."))
            self._cursors[spec.name] = load_cursor(store, spec.name)
            if source is not None:
                self._sources[spec.name] = source
        self._schedule = PollSchedule(
            [spec for spec in self._specs if spec.name in self._sources],
            self.poll,
            lambda name: stage.count("missed"),
        )

    def run(self) -> None:
        """Until the stage is asked to stop."""
        self._stage.gauge("sources", len(self._specs))
        self._stage.report("running", force=True)
        self._schedule.start()
        try:
            self._loop()
        finally:
            self._schedule.stop()
            for batch in self._drained():
                batch.done.set()
            for source in self._sources.values():
                source.close()
            self._publisher.close()
            self._fetcher.close()

    def _loop(self) -> None:
        clock = self._stage.clock
        marked_at = pending_at = -MARK_S
        pauses = delays()
        while not self._stage.stopping:
            try:
                now = clock.monotonic_s()
                if now - pending_at >= PENDING_S:
                    self._publisher.send_pending()
                    pending_at = now
                if now - marked_at >= MARK_S:
                    for found in self._monitor.due(self._publisher.now_ms(), self._cursors):
                        self._publisher.publish_health(found)
                    self._publisher.send_markers()
                    self._report_failing()
                    marked_at = now
                self._publish_waiting(0.1)
                self._stage.report("running")
                pauses = delays()
            except (BusUnavailable, StoreUnavailable) as error:
                self._publisher.drop()
                pause = next(pauses)
                log.warning("publishing held", error=str(error), wait_s=round(pause, 2))
                self._stage.report("waiting")
                self._stage.wait(pause)

    def _report_failing(self) -> None:
        """For the live status: a source that cannot be read must be told from one without news."""
        breakers = [self._cursors[name].breaker for name in self._sources]
        self._stage.gauge("sources_failing", sum(breaker.failures > 0 for breaker in breakers))
        self._stage.gauge("sources_broken", sum(breaker.open for breaker in breakers))

    def _publish_waiting(self, timeout_s: float) -> None:
        """Publish the batches that wait, together, and try again until that succeeds or the stage stops."""
        try:
            batches = [self._queue.get(timeout=timeout_s)]
        except queue.Empty:
            return
        batches += self._drained()
        # Two polls of one source (a failure, then news) share a cursor: its last row is the one to store.
        unique = {id(batch.cursor): batch for batch in batches}
        later = [batch for batch in batches if unique[id(batch.cursor)] is not batch]
        pauses = delays()
        while not self._stage.stopping:
            try:
                for batch in later:
                    self._publisher.publish(batch)
                self._publisher.publish(*unique.values())
            except (BusUnavailable, StoreUnavailable) as error:
                self._publisher.drop()
                log.warning("publishing held", sources=len(batches), error=str(error))
                self._stage.report("waiting")
                self._stage.wait(next(pauses))
            else:
                for batch in batches:
                    batch.ok = True
                break
        for batch in batches:
            batch.done.set()

    def _drained(self) -> list[PublishBatch]:
        found = []
        while True:
            try:
                found.append(self._queue.get_nowait())
            except queue.Empty:
                return found

    # -- one poll, in a thread of the schedule

    def poll(self, spec: SourceSettings) -> None:
        """Poll one source and wait until what it returned is stored. No fault of a source raises an error."""
        cursor, source = self._cursors[spec.name], self._sources[spec.name]
        now = self._stage.clock.now_ms()
        if not cursor.breaker.allows(now) or self._stage.stopping:
            return
        ends_s = self._stage.clock.monotonic_s() + POLL_S
        context = PollContext(
            self._fetcher, now, cursor.known,
            lambda: self._stage.stopping or self._stage.clock.monotonic_s() > ends_s,
        )  # fmt: skip
        try:
            found = source.poll(dict(cursor.source), context)
        except Fenced as error:  # a rebalance: a Kafka source begins again where it committed
            log.info("left the group; joining again", source=spec.name, why=str(error))
            source.close()
            return
        except (Refused, Retryable, ConfigError, OSError) as error:
            self._failed(spec, cursor, error)
            return
        if found.unchanged and not cursor.breaker.failures:
            self._monitor.note_poll(cursor, now, (), (), True)
            return
        batch = self._batch(spec, cursor, found, now)
        self._queue.put(batch)
        while not batch.done.wait(1.0):
            if self._stage.stopping and not batch.done.wait(10.0):
                return
        if not batch.ok:
            source.close()  # a Kafka source begins again where it committed
            return
        if found.acknowledged is not None:
            try:
                found.acknowledged()
            except (Retryable, Fenced) as error:
                log.warning("not committed at the source; it comes again", source=spec.name, error=str(error))
                source.close()
        if found.more and not self._stage.stopping:
            self._schedule.soon(spec)

    def _failed(self, spec: SourceSettings, cursor: Cursor, error: Exception) -> None:
        after_s = error.after_s if isinstance(error, Retryable) else None
        cursor.breaker.failure(self._stage.clock.now_ms(), str(error), after_s)
        FETCH_ERRORS.labels(spec.name, type(error).__name__).inc()
        self._stage.count("failed_looks")
        log.warning(
            "poll failed", source=spec.name, error=str(error), failures=cursor.breaker.failures,
            retry_at=cursor.breaker.retry_at,
        )  # fmt: skip
        batch = PublishBatch(cursor)
        self._queue.put(batch)
        batch.done.wait(30.0)

    def _batch(self, spec: SourceSettings, cursor: Cursor, found: PollResult, now: int) -> PublishBatch:
        info = source_info(spec, self._settings)
        batch = PublishBatch(cursor, acknowledged=found.acknowledged)
        empty: list[str] = []
        cursor.keep_listed(found.named)
        for item in found.items:
            record = build(item, info, now)
            revision = record.revision if isinstance(record, Article) else str(record.reason)
            mark = mark_of(item, revision)
            if item.key and cursor.known(item.key, mark):
                continue
            if item.key:
                cursor.note(item.key, mark)
            if isinstance(record, Article):
                batch.articles.append(record)
            else:
                empty.append(record.origin)
                batch.dead.append(record)
        for key, mark in found.keys.items():
            cursor.note(key, mark)
        cursor.source = found.state
        cursor.breaker.success()
        self._monitor.note_poll(cursor, now, batch.articles, empty, found.unchanged)
        for note in found.notes[:5]:
            log.info("note", source=spec.name, note=note)
        for error in found.unread:
            FETCH_ERRORS.labels(spec.name, type(error).__name__).inc()
        if found.unread:
            self._stage.count("unread_pages", len(found.unread))
            log.warning(
                "pages not read", source=spec.name, pages=len(found.unread), first=str(found.unread[0])
            )
        return batch
