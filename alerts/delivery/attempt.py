"""One attempt to send a row of the outbox, and the record of its result, under the lease.

Order of the steps, and the effect of a kill:
1. send                              killed before: nothing happened; sent again
2. (crash point after_send, before_mark_sent)
                                     killed here: the receiver has it, we do not know: sent again with the same id
3. mark it, and the channel's condition, in one transaction that renews the lease
                                     killed after: done
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, select, update

from alerts.delivery import content, outbox
from alerts.delivery import retry_schedule as schedule
from alerts.delivery.channels.condition import ChannelCondition, channel_conditions, record_condition
from alerts.delivery.channels.contract import NAMELESS, Channel, Disabled, Message, Names, Throttled
from alerts.windows.series import entity_of
from core.clock import Clock
from core.errors import ChannelUnavailable, Refused
from core.metrics import NOTIFICATIONS
from core.runtime import crash
from core.store import Lease, Store
from core.tables import outbox as table
from core.times import MINUTE

log = structlog.get_logger(__name__)
FAILING_AFTER = 4
FAILING_FOR_MS = 10 * MINUTE
"""Failures in a row, and for how long, after which the other channels are notified."""


@dataclass(frozen=True)
class AttemptResult:
    """The result of an attempt. `status`: sent | pending | refused | expired; `not_before` (ms): of pending."""

    status: str
    error: str = ""
    not_before: int = 0
    throttled: bool = False
    disabled: bool = False


class DeliveryAttempt:
    """Sends rows of one desk's outbox; may be used from any thread."""

    def __init__(
        self,
        store: Store,
        desk: str,
        dashboard_url: str,
        clock: Clock,
        rng: random.Random | None = None,
        names: Names | None = None,
    ):
        self._store = store
        self._desk = desk
        self._dashboard_url = dashboard_url
        self._clock = clock
        self._rng = rng or random.Random()
        self._names = names

    def run(self, row: Row[Any], channel: Channel, others: list[str], lease: Lease | None) -> str:
        """Send the row once and record the result. Returns its status: sent | pending | refused | expired.

        `others`: names of the channels that are notified where this one keeps failing. Raises Fenced where the lease is
        lost, StoreUnavailable.
        """
        result = self._try(row, channel)
        crash.point("before_mark_sent")
        with self._store.write() as connection:
            if lease is not None:
                lease.renew(self._store, connection)
            self._mark(connection, row, result)
            self._condition(connection, row, result, others)
        NOTIFICATIONS.labels(row.channel, result.status if result.status != "pending" else "retry").inc()
        if result.status != "sent":
            log.warning(
                "not delivered", channel=row.channel, id=row.id, status=result.status, error=result.error
            )
        return result.status

    def _try(self, row: Row[Any], channel: Channel) -> AttemptResult:
        now = self._clock.now_ms()
        parsed = content.from_json(row.payload)
        entity = entity_of(parsed.series)
        company = self._names(entity) if self._names and entity else NAMELESS
        message = Message(row.id, parsed, self._dashboard_url, company)
        try:
            remark = channel.send(message, now)
        except Disabled as error:
            return AttemptResult("refused", str(error), disabled=True)
        except Refused as error:
            return AttemptResult("refused", str(error))
        except ChannelUnavailable as error:
            return self._later(row, str(error), error.after_s, isinstance(error, Throttled))
        except Exception as error:
            # The worker's edge: a bug in one channel must not stop the others, nor lose the message.
            log.exception("channel failed", channel=row.channel, id=row.id)
            return self._later(row, f"{type(error).__name__}: {error}", None, False)
        crash.point("after_send")
        return AttemptResult("sent", remark)

    def _later(self, row: Row[Any], error: str, after_s: float | None, throttled: bool) -> AttemptResult:
        when = schedule.next_try(row.attempts + 1, self._clock.now_ms(), after_s, self._rng)
        if when is None:
            return AttemptResult(
                "expired", f"given up after {row.attempts + 1} tries: {error}", throttled=throttled
            )
        return AttemptResult("pending", error, when, throttled)

    def _mark(self, connection: Connection, row: Row[Any], result: AttemptResult) -> None:
        values: dict[str, object] = {
            "status": result.status,
            "attempts": row.attempts + 1,
            "error": result.error,
        }
        if result.status == "sent":
            values["sent_at"] = self._clock.now_ms()
        if result.status == "pending":
            values["not_before"] = result.not_before
        connection.execute(
            update(table)
            .where(table.c.desk == row.desk, table.c.id == row.id, table.c.channel == row.channel)
            .values(**values)
        )

    def _condition(
        self, connection: Connection, row: Row[Any], result: AttemptResult, others: list[str]
    ) -> None:
        now = self._clock.now_ms()
        known = channel_conditions(connection, self._desk).get(row.channel, ChannelCondition(since=now))
        if result.status == "sent" or (result.status == "refused" and not result.disabled):
            # A receiver that refuses one message is reachable: only errors and time-outs make a channel failing.
            if known.status != "ok" or known.failures:
                record_condition(connection, self._desk, row.channel, ChannelCondition("ok", now))
            return
        status = "disabled" if result.disabled else "throttled" if result.throttled else "failing"
        changed = replace(
            known,
            status=status,
            since=known.since if known.failures and known.status != "ok" else now,
            failures=known.failures + 1,
            not_before=result.not_before if result.throttled else 0,
            detail=result.error,
        )
        record_condition(connection, self._desk, row.channel, changed)
        lasting = changed.failures >= FAILING_AFTER and now - changed.since >= FAILING_FOR_MS
        if result.disabled or result.status == "expired" or lasting:  # sent once: the notice's id is the same
            self._notify_others(connection, row.channel, changed, others, now)

    def _notify_others(
        self, connection: Connection, channel: str, condition: ChannelCondition, others: list[str], now: int
    ) -> None:
        """Notify by the other channels: this one cannot report its own failure."""
        waiting = connection.execute(
            select(func.count())
            .select_from(table)
            .where(table.c.desk == self._desk, table.c.channel == channel, table.c.status == "pending")
        ).scalar_one()
        note = (
            f"Channel {channel} is {condition.status} ({condition.failures} failures in a row, "
            f"{waiting} messages wait): {condition.detail}"
        )
        notice = content.Content(event="notice", desk=self._desk, note=note)
        mark = f"{channel}/{condition.status == 'disabled'}/{condition.since}"
        outbox.enqueue(
            connection, notice, [name for name in others if name != channel], now_ms=now, mark=mark
        )
