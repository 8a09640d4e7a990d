"""The replay of a dump: read, sort, refuse what comes too late, then deliver (delivery.py) from where it stopped."""

from __future__ import annotations

import time
from typing import Any

import structlog
from sqlalchemy import select

from core.bus import Bus
from core.errors import ConfigError
from core.metrics import ARTICLES_READ
from core.settings import Settings
from core.stage import Stage
from core.store import Store
from core.tables import desks
from core.times import iso
from ingest.replay.delivery import ReplayDelivery
from ingest.replay.options import ReplayOptions
from ingest.replay.replay_cursor import ReplayCursor
from ingest.replay.sorted_dump import SortedDump
from ingest.sources.loading import load_sources

log = structlog.get_logger(__name__)
MOST_LATE = 0.1
"""Share of a dump that may be older than what is decided: late articles of a stream that goes on, no other stream."""


class Replay:
    """One replay of one dump. `run()` may block for as long as the dump takes."""

    def __init__(
        self, settings: Settings, bus: Bus, store: Store, stage: Stage, options: ReplayOptions
    ) -> None:
        self._settings, self._store, self._stage = settings, store, stage
        self._options, self._clock = options, stage.clock
        self._delays = {spec.name: spec.delay for spec in load_sources(settings) if spec.delay}
        self._dump = SortedDump(
            options.path,
            folder=settings.path(settings.data_dir),
            columns=options.columns,
            source=options.source,
            delay_ms=options.delay_ms,
            delays=self._delays,
            max_bytes=settings.ingest.max_article_bytes,
        )
        self._cursor = ReplayCursor(store, stage.clock, self._dump.hash)
        self._delivery = ReplayDelivery(
            settings, bus, store, stage, self._dump, self._cursor, speed=options.speed
        )

    def run(self) -> bool:
        """Send everything; returns whether the dump is through (False: asked to stop).

        Raises ConfigError: a file that cannot be used, a dump older than the desk's watermark.
        """
        started = time.process_time()  # not the wall: a paced replay mostly waits
        try:
            self._stage.report("reading", force=True)
            self._stage.gauge("rows_total", self._dump.reader.count() or 0)
            self._dump.settled_ms = self._watermark()
            if not self._dump.load(self._clock, self._enumerated):
                return False
            self._begin()
            self._stage.report("running", force=True)
            return self._delivery.run()
        finally:
            self._stage.gauge("busy_s", time.process_time() - started)
            self._dump.close()

    # -- before anything is sent

    def _enumerated(self, rows: int) -> bool:
        ARTICLES_READ.labels(self._dump.source).inc(rows - self._stage.counters["read"])
        self._stage.counters["read"] = rows
        self._stage.report()
        return not self._stage.stopping

    def _watermark(self) -> int | None:
        """Up to when the desk has decided everything; None: nothing yet."""
        with self._store.read() as connection:
            found = connection.execute(
                select(desks.c.watermark).where(desks.c.desk == self._settings.alerts.desk)
            ).scalar_one_or_none()
        return found or None

    def _begin(self) -> None:
        """Find out whether this dump was begun before, refuse what comes too late, and say that it is begun."""
        dump, options = self._dump, self._options
        how: dict[str, Any] = {
            "source": dump.source,
            "delay_ms": options.delay_ms,
            "mapping": dump.reader.mapping,
        }
        if self._delays and not options.delay_ms:
            how["delays"] = self._delays
        cursor = self._cursor
        if cursor.load():
            if cursor.state.get("how", how) != how:
                raise ConfigError(
                    f"{options.path}: was begun with other columns, source or delay; use the same, or another store"
                )
            log.info("going on with a replay", file=str(options.path), position=cursor.position)
        elif dump.settled and dump.settled_ms is not None:
            older = (
                f"{dump.settled:,} of its {dump.articles:,} articles are from before {iso(dump.settled_ms)}, up to "
                f"which desk {self._settings.alerts.desk!r} has decided everything"
            )
            if dump.settled > MOST_LATE * dump.articles:
                raise ConfigError(
                    f"{options.path}: {older}: use another store (--store) or another desk (alerts.desk)"
                )
            log.warning("%s; they are late: no alert is decided again", older, file=str(options.path))
        self._stage.gauge("rows_total", dump.rows)
        end_t = self._delivery.end_t()
        cursor.state |= {"file": str(options.path), "how": how, "rows": dump.rows, "end_t": end_t}
        cursor.save(dump.rows, done=False)
