"""The alert worker: a loop around desk sessions. One leased process per desk; others stand by.

    take the lease -> load the desk -> poll -> one transaction per batch -> poll ...

The transaction begins by renewing the lease and holds everything: articles, origins, panes, stories, detector state,
alerts, outbox, and the positions in `news.scored`. If it fails, the desk in memory is thrown away and loaded again:
what is in the store is the truth. Offsets are committed for lag monitors only.
"""

from __future__ import annotations

import uuid

import structlog

from alerts.engine.assembly import MakeRunners, make_desk, runners_of
from alerts.engine.desk import Desk
from alerts.rules.loading import load_rules
from alerts.rules.model import RuleSet
from alerts.storage.session import DeskSession
from core import metrics
from core.bus.base import Bus
from core.clock import Clock, SystemClock
from core.errors import Fenced, Retryable
from core.retry import delays
from core.runtime import garbage
from core.settings import Settings
from core.stage import Stage
from core.store import Lease, Store, take_lease

log = structlog.get_logger(__name__)


def run(
    settings: Settings,
    bus: Bus,
    store: Store,
    stage: Stage,
    *,
    notify: bool = True,
    rules: RuleSet | None = None,
    clock: Clock | None = None,
    make_runners: MakeRunners = runners_of,
) -> None:
    """Run the desk until the stage is stopping; a lost lease, broker or store is waited for. Raises ConfigError.

    With `notify` false (a replay) notifications are withheld. `rules`: instead of those that the settings name.
    `make_runners`: instead of `runners_of`.
    """
    if rules is None:
        file = settings.alerts.rules
        rules = load_rules(settings.path(file) if file else None)
    clock = clock or SystemClock()
    options = settings.alerts
    holder = f"{stage.instance}:{uuid.uuid4().hex[:8]}"

    def empty_desk(partitions: int) -> Desk:
        return make_desk(
            rules,
            partitions=partitions,
            pane_ms=options.pane,
            lateness_ms=options.allowed_lateness,
            make_runners=make_runners,
        )

    garbage.tune_gc()
    pauses = delays()
    while not stage.stopping:
        session: DeskSession | None = None
        try:
            lease = wait_for_lease(store, stage, options.desk, holder, options.lease_timeout)
            if lease is None:
                return
            session = DeskSession(settings, bus, store, stage, clock, lease, rules, empty_desk, notify)
            session.loop()
        except Fenced as error:
            metrics.FENCED.labels("alerts").inc()
            log.warning("lost the lease; what was not committed is dropped", error=str(error))
        except Retryable as error:
            log.warning("starting over from the store", error=str(error))
            stage.report("waiting")
            stage.wait(max(next(pauses), error.after_s or 0.0))
        finally:
            if session is not None:
                session.close()
                session = None
                garbage.unfreeze_gc()


def wait_for_lease(store: Store, stage: Stage, desk: str, holder: str, timeout_ms: int) -> Lease | None:
    """Try to take the desk's lease until it succeeds; return it, or None where the stage is stopping."""
    while not stage.stopping:
        lease = take_lease(store, desk, holder, timeout_ms)
        if lease is not None:
            return lease
        stage.report("standing by")
        stage.wait(min(1.0, timeout_ms / 10_000))
    return None
