"""The delivery worker: from the outbox to the channels, at least once, one channel never delaying another.

Each channel has its own few threads; of one alert only the oldest pending notification is in flight at a time, so that
"resolved" never overtakes "firing". What is due is read from the store in each cycle: a kill loses nothing. Two workers
of one desk exclude each other by the lease `DESK/delivery` (the deciding desk holds its own).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, select, update

from alerts.delivery import flood
from alerts.delivery.attempt import DeliveryAttempt
from alerts.delivery.channels.condition import (
    ChannelCondition,
    channel_conditions,
    record_condition,
)
from alerts.delivery.channels.contract import Channel, Names
from alerts.delivery.channels.registry import open_channels
from alerts.delivery.pool import DeliveryPool
from alerts.delivery.reminders import ReminderJob
from alerts.handling import audit
from alerts.rules.model import RuleSet
from core.clock import Clock, SystemClock
from core.errors import Fenced, StoreUnavailable
from core.metrics import FENCED, OUTBOX
from core.settings import Settings
from core.stage import Stage
from core.store import Lease, Store, take_lease
from core.tables import outbox

log = structlog.get_logger(__name__)
_MOST_ROWS = 1000
"""Pending rows of a channel that one cycle reads, oldest first."""
_STATE_ORDER = {"firing": 0, "severity": 1, "reminder": 2, "escalated": 3, "resolved": 4}


def due(
    connection: Connection, desk: str, channel: str, now_ms: int, most: int = _MOST_ROWS
) -> list[Row[Any]]:
    """Return the pending rows due at `now_ms` (wall clock), oldest first, at most one of each alert.

    Only the oldest `most` pending rows are considered; a row waits for the older ones of its alert.
    """
    waiting = connection.execute(
        select(outbox)
        .where(outbox.c.desk == desk, outbox.c.channel == channel, outbox.c.status == "pending")
        .order_by(outbox.c.created_at, outbox.c.not_before, outbox.c.id)
        .limit(most)
    ).all()
    first: dict[str, Row[Any]] = {}
    for row in waiting:
        key = row.alert_id or row.id
        known = first.get(key)
        if known is None or _order(row) < _order(known):
            first[key] = row
    return [row for row in first.values() if row.not_before <= now_ms]


def _order(row: Row[Any]) -> tuple[int, int, str]:
    return (row.created_at, _STATE_ORDER.get(row.event, 5), row.id)


def _open_to(condition: ChannelCondition | None, now_ms: int) -> bool:
    return condition is None or (condition.status != "disabled" and condition.not_before <= now_ms)


def _ready(store: Store, desk: str, names: Sequence[str], now_ms: int, most_per_hour: int) -> list[Row[Any]]:
    with store.read() as connection:
        known = channel_conditions(connection, desk)
        return [
            row
            for name in names
            if _open_to(known.get(name), now_ms)
            for row in flood.within(
                connection, desk, name, due(connection, desk, name, now_ms), most_per_hour, now_ms
            )
        ]


def run_once(
    store: Store,
    lease: Lease | None,
    settings: Settings,
    clock: Clock | None = None,
    *,
    channels: Mapping[str, Channel] | None = None,
    rng: random.Random | None = None,
    rules: RuleSet | None = None,
    names: Names | None = None,
) -> dict[str, int]:
    """Attempt everything that is due now, each row once.

    Returns the number of attempts by the status they ended in (sent | pending | refused | expired). Raises ConfigError,
    Fenced, StoreUnavailable.
    """
    clock = clock or SystemClock()
    desk = settings.alerts.desk
    channels_by_name = open_channels(settings) if channels is None else channels
    pool = DeliveryPool(
        DeliveryAttempt(store, desk, settings.delivery.dashboard_url, clock, rng, names), channels_by_name
    )
    most = ReminderJob(settings, sorted(channels_by_name), rules).most_per_hour
    counts: dict[str, int] = {}
    tried: set[tuple[str, str]] = set()
    try:
        while True:
            rows = [
                row
                for row in _ready(store, desk, sorted(channels_by_name), clock.now_ms(), most)
                if (row.id, row.channel) not in tried
            ]
            pool.submit(rows, lease)
            tried |= set(pool.in_flight)
            if not pool.in_flight:
                return counts
            for status in pool.collect(None):
                counts[status] = counts.get(status, 0) + 1
    finally:
        pool.close()


def run(settings: Settings, store: Store, stage: Stage, names: Names | None = None) -> None:
    """Send what the outbox holds until the stage stops, then finish what is in flight. Raises ConfigError at the start.

    `names`: from a company's id to its names.
    """
    desk = settings.alerts.desk
    channels_by_name = open_channels(settings)
    reminders = ReminderJob(settings, sorted(channels_by_name))
    pool = DeliveryPool(
        DeliveryAttempt(store, desk, settings.delivery.dashboard_url, stage.clock, names=names),
        channels_by_name,
    )
    lease: Lease | None = None
    try:
        while not stage.stopping:
            try:
                if lease is None:
                    lease = take_lease(
                        store, f"{desk}/delivery", stage.instance, settings.alerts.lease_timeout
                    )
                    stage.report("running" if lease else "standing by")
                    if lease is None:
                        stage.wait(1.0)
                        continue
                _run_cycle(store, stage, settings, pool, reminders, lease)
            except Fenced as error:
                FENCED.labels("delivery").inc()
                log.warning("lease lost", error=str(error))
                lease = None
            except StoreUnavailable as error:
                stage.report("store away")
                log.warning("store away", error=str(error))
                stage.wait(1.0)
    finally:
        pool.close()
        if lease is not None:
            _release(store, lease)


def _run_cycle(
    store: Store, stage: Stage, settings: Settings, pool: DeliveryPool, reminders: ReminderJob, lease: Lease
) -> None:
    desk, now = settings.alerts.desk, stage.clock.now_ms()
    reminders.run(store, lease, now, set(pool.in_flight))
    rows = _ready(store, desk, sorted(pool.channels), now, reminders.most_per_hour)
    begun = pool.submit(rows, lease)
    for status in pool.collect(0.2):
        stage.count("sent" if status == "sent" else "retried" if status == "pending" else status)
    _report(store, stage, desk, pool.channels)
    stage.report()
    if not begun and not pool.in_flight:
        stage.wait(0.5)


def _report(store: Store, stage: Stage, desk: str, channels: Mapping[str, Channel]) -> None:
    with store.read() as connection:
        counted = connection.execute(
            select(outbox.c.channel, func.count())
            .where(outbox.c.desk == desk, outbox.c.status == "pending")
            .group_by(outbox.c.channel)
        )
        waiting: dict[str, int] = {row[0]: row[1] for row in counted}
    for name in channels:
        OUTBOX.labels(name).set(waiting.get(name, 0))
    stage.gauge("waiting", sum(waiting.values()))


def _release(store: Store, lease: Lease) -> None:
    try:
        with store.write() as connection:
            lease.release(store, connection)
    except StoreUnavailable as error:
        log.warning("lease not released; it times out", error=str(error))


def enable(connection: Connection, desk: str, channel: str, now_ms: int) -> int:
    """Enable a channel and make its pending rows due at `now_ms`. Returns how many rows are pending."""
    audit.lock(connection)
    record_condition(connection, desk, channel, ChannelCondition("ok", now_ms))
    waiting = (outbox.c.desk == desk, outbox.c.channel == channel, outbox.c.status == "pending")
    return connection.execute(update(outbox).where(*waiting).values(not_before=now_ms)).rowcount
