"""When to look: an APScheduler job per source. Its defaults drop late jobs silently; here each is counted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from core.metrics import JOBS_MISSED
from ingest.sources.spec import SourceSpec

log = structlog.get_logger(__name__)
logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what it would say is said, and counted, below
THREADS = 16
GRACE_S = 300
"""A job that starts up to so much late still runs (a laptop that slept); later ones are missed and counted."""


class Schedule:
    """Calls `look(spec)` in a thread of its own, never twice at once for one source."""

    def __init__(
        self, specs: Iterable[SourceSpec], look: Callable[[SourceSpec], None], missed: Callable[[str], None]
    ) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_S},
        )
        self._missed, self._look = missed, look
        self._specs = {spec.name: spec for spec in specs}
        for place, spec in enumerate(self._specs.values()):
            trigger = (
                CronTrigger.from_crontab(spec.cron, timezone=spec.timezone)
                if spec.cron
                else IntervalTrigger(seconds=max(1, spec.every // 1000), jitter=spec.jitter_s or None)
            )
            # The first look comes soon, but not all at once.
            first = (
                None
                if spec.cron
                else datetime.now(UTC) + timedelta(seconds=min(0.05 * place, spec.every / 1000))
            )
            options = {} if first is None else {"next_run_time": first}
            self._scheduler.add_job(look, trigger, args=[spec], id=spec.name, **options)
        self._scheduler.add_listener(
            self._heard, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR
        )

    def _heard(self, event: JobEvent) -> None:
        if event.code == EVENT_JOB_ERROR:
            log.error(
                "look failed by a fault of ours",
                source=event.job_id,
                error=repr(getattr(event, "exception", "")),
            )
            return
        what = "missed" if event.code == EVENT_JOB_MISSED else "still running"
        log.warning("look left out", source=event.job_id, why=what)
        JOBS_MISSED.labels(event.job_id).inc()
        self._missed(event.job_id)

    def start(self) -> None:
        """From now on."""
        self._scheduler.start()

    def soon(self, spec: SourceSpec, after_s: float = 1.0) -> None:
        """Look at this source again soon, beside its schedule: there is more to fetch."""
        job = self._scheduler.get_job(spec.name)
        if job is not None and job.next_run_time is not None:
            at = datetime.now(UTC) + timedelta(seconds=after_s)
            if at < job.next_run_time:
                job.modify(next_run_time=at)

    def stop(self) -> None:
        """No further looks; those under way are not waited for."""
        self._scheduler.shutdown(wait=False)
