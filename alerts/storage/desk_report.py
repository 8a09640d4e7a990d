"""What a running desk reports of itself: gauges, metrics, and that no marker has come for too long."""

from __future__ import annotations

import structlog

from alerts.engine.desk import Desk
from alerts.engine.watermark import NEVER
from core import metrics
from core.clock import Clock
from core.stage import Stage

log = structlog.get_logger(__name__)


class DeskReport:
    """Reports a desk's state to its stage (the row in `stages`) and to Prometheus."""

    def __init__(self, name: str, stage: Stage, stalled_after_ms: int, clock: Clock) -> None:
        self._name, self._stage, self._clock = name, stage, clock
        self._stalled_after_s = stalled_after_ms / 1000
        self._marker_s = clock.monotonic_s()

    def marker_came(self) -> None:
        """Record that a time marker arrived now."""
        self._marker_s = self._clock.monotonic_s()

    def send(self, desk: Desk, busy_s: float) -> None:
        """Report the desk as it is; `busy_s` were spent on records since the last report.

        The status is `pipeline_stalled` while the log has no end marker and no marker came for too long; an error is
        logged when that begins.
        """
        stage = self._stage
        if busy_s:
            stage.gauge("busy_s", stage.gauges.get("busy_s", 0.0) + busy_s)
        stage.gauge("open_panes", desk.open_panes)
        stage.gauge("watermark", max(0, desk.closed))
        metrics.OPEN_PANES.labels(self._name).set(desk.open_panes)
        metrics.WATERMARK.labels(self._name).set(max(0, desk.closed) / 1000)
        silent_s = self._clock.monotonic_s() - self._marker_s
        stalled = silent_s > self._stalled_after_s and not desk.watermark.ended and desk.watermark.at > NEVER
        if stalled and stage.status != "pipeline_stalled":
            log.error(
                "pipeline_stalled: no time marker has come; panes stay open until ingest and classifier run again",
                seconds=round(silent_s),
            )
        stage.report("pipeline_stalled" if stalled else "running")
