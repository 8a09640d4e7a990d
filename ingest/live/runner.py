"""Live ingestion: scheduled looks in threads, one thread that hands over. The thin loop; the thinking is elsewhere.

A look that has something waits until it is handed over, so a source is never ahead of its cursor, and a broker that
is away stops the looks by itself. Each second a marker says how far wall time has come.
"""

from __future__ import annotations

import queue
import threading

import structlog

from core.bus import Bus
from core.errors import BusUnavailable, ConfigError, Fenced, Refused, Retryable, StoreUnavailable
from core.metrics import FETCH_ERRORS
from core.records import Article
from core.retry import delays
from core.settings import Settings
from core.stage import Stage
from core.store import Store
from ingest.live.cursor import Cursor, load_cursor, mark_of
from ingest.live.handover import Batch, HandOver
from ingest.live.items import About, build
from ingest.live.rhythm import Watcher
from ingest.live.schedule import Schedule
from ingest.sources.base import Context, Look, Source
from ingest.sources.make import make_source
from ingest.sources.spec import SourceSpec, load_sources
from ingest.web.fetch import Fetcher

log = structlog.get_logger(__name__)
MARK_S, PENDING_S = 1.0, 0.5
LOOK_S = 150.0
"""So long a look goes on to further pages; then the next source at its host has its turn. Longer than a list and one
page may take to get theirs (fetch.MOST_DELAY_S), so that each look comes on."""


class Live:
    """All enabled sources. Raises ConfigError from the constructor for a fault in their settings."""

    def __init__(
        self, settings: Settings, bus: Bus, store: Store, stage: Stage, fetcher: Fetcher | None = None
    ) -> None:
        self._settings, self._bus, self._store, self._stage = settings, bus, store, stage
        self._specs = [spec for spec in load_sources(settings) if spec.enabled]
        self._sources: dict[str, Source] = {}
        self._cursors: dict[str, Cursor] = {}
        self._fetcher = fetcher or open_fetcher(settings, stage)
        self._hand = HandOver(settings, bus, store, stage)
        self._queue: queue.Queue[Batch] = queue.Queue(maxsize=32)
        self._watcher = Watcher(self._specs)
        for spec in self._specs:
            source = make_source(spec, settings.path("."))
            self._cursors[spec.name] = load_cursor(store, spec.name)
            if source is not None:
                self._sources[spec.name] = source
        self._schedule = Schedule(
            [spec for spec in self._specs if spec.name in self._sources],
            self.look,
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
            self._hand.close()
            self._fetcher.close()

    def _loop(self) -> None:
        clock = self._stage.clock
        marked_at = pending_at = -MARK_S
        pauses = delays()
        while not self._stage.stopping:
            try:
                now = clock.monotonic_s()
                if now - pending_at >= PENDING_S:
                    self._hand.send_pending()
                    pending_at = now
                if now - marked_at >= MARK_S:
                    for found in self._watcher.due(self._hand.now_ms(), self._cursors):
                        self._hand.tell_health(found)
                    self._hand.mark()
                    self._tell_failing()
                    marked_at = now
                self._take(0.1)
                self._stage.report("running")
                pauses = delays()
            except (BusUnavailable, StoreUnavailable) as error:
                self._hand.drop()
                pause = next(pauses)
                log.warning("hand-over held", error=str(error), wait_s=round(pause, 2))
                self._stage.report("waiting")
                self._stage.wait(pause)

    def _tell_failing(self) -> None:
        """For the live status: a source that cannot be read must not look like one that is quiet."""
        breakers = [self._cursors[name].breaker for name in self._sources]
        self._stage.gauge("sources_failing", sum(breaker.failures > 0 for breaker in breakers))
        self._stage.gauge("sources_broken", sum(breaker.open for breaker in breakers))

    def _take(self, timeout_s: float) -> None:
        """Hand over what waits, together; on failure it stays in hand and is given again."""
        try:
            batches = [self._queue.get(timeout=timeout_s)]
        except queue.Empty:
            return
        batches += self._drained()
        # Two looks at one source (a failure told, then news) share a cursor: its last row is the one to store.
        unique = {id(batch.cursor): batch for batch in batches}
        later = [batch for batch in batches if unique[id(batch.cursor)] is not batch]
        pauses = delays()
        while not self._stage.stopping:
            try:
                for batch in later:
                    self._hand.give(batch)
                self._hand.give(*unique.values())
            except (BusUnavailable, StoreUnavailable) as error:
                self._hand.drop()
                log.warning("hand-over held", sources=len(batches), error=str(error))
                self._stage.report("waiting")
                self._stage.wait(next(pauses))
            else:
                for batch in batches:
                    batch.ok = True
                break
        for batch in batches:
            batch.done.set()

    def _drained(self) -> list[Batch]:
        found = []
        while True:
            try:
                found.append(self._queue.get_nowait())
            except queue.Empty:
                return found

    # -- one look, in a thread of the schedule

    def look(self, spec: SourceSpec) -> None:
        """Look at one source and wait until what it brought is safe. Raises nothing that a source may cause."""
        cursor, source = self._cursors[spec.name], self._sources[spec.name]
        now = self._stage.clock.now_ms()
        if not cursor.breaker.allows(now) or self._stage.stopping:
            return
        ends_s = self._stage.clock.monotonic_s() + LOOK_S
        context = Context(
            self._fetcher, now, cursor.known,
            lambda: self._stage.stopping or self._stage.clock.monotonic_s() > ends_s,
        )  # fmt: skip
        try:
            found = source.look(dict(cursor.source), context)
        except (
            Fenced
        ) as error:  # a Kafka source's group was shared out anew: it begins again where it committed
            log.info("left the group; joining again", source=spec.name, why=str(error))
            source.close()
            return
        except (Refused, Retryable, ConfigError, OSError) as error:
            self._failed(spec, cursor, error)
            return
        if found.unchanged and not cursor.breaker.failures:
            self._watcher.saw(cursor, now, (), (), True)
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

    def _failed(self, spec: SourceSpec, cursor: Cursor, error: Exception) -> None:
        after_s = error.after_s if isinstance(error, Retryable) else None
        cursor.breaker.failure(self._stage.clock.now_ms(), str(error), after_s)
        FETCH_ERRORS.labels(spec.name, type(error).__name__).inc()
        self._stage.count("failed_looks")
        log.warning(
            "look failed", source=spec.name, error=str(error), failures=cursor.breaker.failures,
            retry_at=cursor.breaker.retry_at,
        )  # fmt: skip
        batch = Batch(cursor)
        self._queue.put(batch)
        batch.done.wait(30.0)

    def _batch(self, spec: SourceSpec, cursor: Cursor, found: Look, now: int) -> Batch:
        about = about_source(spec, self._settings)
        batch = Batch(cursor, acknowledged=found.acknowledged)
        empty: list[str] = []
        cursor.showed(found.named)
        for item in found.items:
            record = build(item, about, now)
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
        self._watcher.saw(cursor, now, batch.articles, empty, found.unchanged)
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


def about_source(spec: SourceSpec, settings: Settings) -> About:
    """What items need to know of their source."""
    return About(
        name=spec.name,
        publisher=spec.publisher,
        language=spec.language,
        timezone=spec.timezone,
        max_bytes=settings.ingest.max_article_bytes,
        trust=spec.trust,
    )


def open_fetcher(settings: Settings, stage: Stage | None = None) -> Fetcher:
    """The guarded fetcher that the settings describe."""
    wait = threading.Event().wait if stage is None else stage.wait
    return Fetcher(
        user_agent=settings.ingest.user_agent,
        allow_private=settings.ingest.allow_private_addresses,
        host_delay_s=settings.ingest.host_delay / 1000,
        sleep=wait,
    )
