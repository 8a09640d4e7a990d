"""When each source is polled: an APScheduler job for each. Its defaults drop late jobs silently; here each is counted.

A job only enters its host's queue (host_queues.py): where another thread is busy there, that one polls it in its turn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core.metrics import JOBS_MISSED
from ingest.live.host_queues import HostQueues
from ingest.sources.base_settings import SourceSettings
from ingest.times.cron import cron_trigger

log = structlog.get_logger(__name__)
logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what it would say is said, and counted, below
THREADS = 64
"""So many hosts may be slow at a time before others wait for them. A thread that is not needed is never started."""
GRACE_S = 300
"""A job that starts up to so much late still runs (a laptop that slept); later ones are missed and counted."""


class PollSchedule:
    """Calls `poll(spec)` in threads, one a host, once at a time for a source; `missed(name)` when one is left out."""

    def __init__(
        self,
        specs: Iterable[SourceSettings],
        poll: Callable[[SourceSettings], None],
        missed: Callable[[str], None],
    ) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(THREADS)},
            # A source's thread may be busy with others of its host, while the source itself is due again.
            job_defaults={"coalesce": True, "max_instances": 3, "misfire_grace_time": GRACE_S},
        )
        self._missed, self._queues = missed, HostQueues(poll)
        self._specs = {spec.name: spec for spec in specs}
        for place, spec in enumerate(self._specs.values()):
            trigger = (
                cron_trigger(spec.cron, spec.timezone, spec.jitter_s)
                if spec.cron
                else IntervalTrigger(seconds=max(1, spec.every // 1000), jitter=spec.jitter_s or None)
            )
            # The first poll comes soon, but not all at once.
            first = (
                None
                if spec.cron
                else datetime.now(UTC) + timedelta(seconds=min(0.05 * place, spec.every / 1000))
            )
            options = {} if first is None else {"next_run_time": first}
            self._scheduler.add_job(self._enter, trigger, args=[spec], id=spec.name, **options)
        self._scheduler.add_listener(self._heard, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)

    def _enter(self, spec: SourceSettings) -> None:
        if not self._queues.enter(spec):
            self._left_out(spec.name, "still running, or waiting for its host")

    def _heard(self, event: JobEvent) -> None:
        self._left_out(event.job_id, "missed" if event.code == EVENT_JOB_MISSED else "still running")

    def _left_out(self, name: str, why: str) -> None:
        log.warning("poll left out", source=name, why=why)
        JOBS_MISSED.labels(name).inc()
        self._missed(name)

    def start(self) -> None:
        """Poll from now on."""
        self._scheduler.start()

    def soon(self, spec: SourceSettings, after_s: float = 1.0) -> None:
        """Poll this source again in `after_s` seconds, beside its schedule: there is more to fetch."""
        job = self._scheduler.get_job(spec.name)
        if job is not None and job.next_run_time is not None:
            at = datetime.now(UTC) + timedelta(seconds=after_s)
            if at < job.next_run_time:
                job.modify(next_run_time=at)

    def stop(self) -> None:
        """Start no further polls; those under way are not waited for."""
        self._scheduler.shutdown(wait=False)
