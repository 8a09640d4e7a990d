"""What becomes due while an alert fires: reminders, escalation, and the release of withheld notifications.

Runs in the delivery worker, under its lease, every few seconds. Reads only alerts that fire and have rows in the
outbox; a replay that notified nobody therefore sends nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, false, func, select

from alerts.delivery import content, flood, outbox
from alerts.delivery.context import NotificationContext, notified
from alerts.delivery.release import release_withheld
from alerts.delivery.stalled import notify_stalled
from alerts.evidence.vocabulary import span_words
from alerts.handling import actions as handling
from alerts.handling import audit
from alerts.handling.suppression import decide, more_severe
from alerts.rules.loading import load_rules
from alerts.rules.model import RuleSet
from alerts.rules.schema_notify import Escalation
from core.settings import Settings
from core.store import Lease, Store
from core.tables import alerts
from core.tables import handling as handling_table
from core.tables import outbox as table

EVERY_MS = 5_000


class ReminderJob:
    """One desk's reminders. `channels`: the configured channels' names. Raises ConfigError for bad rules."""

    def __init__(self, settings: Settings, channels: Sequence[str], rules: RuleSet | None = None) -> None:
        self._desk = settings.alerts.desk
        path = settings.path(settings.alerts.rules) if settings.alerts.rules else None
        self._rules = rules or load_rules(path)
        self._channels = channels
        self._immediate = {rule.id for rule in self._rules.immediate}
        self._next_ms = 0

    def run(
        self, store: Store, lease: Lease | None, now_ms: int, busy: Collection[tuple[str, str]] = ()
    ) -> int:
        """Sweep if EVERY_MS have passed since the last time, in a transaction of its own.

        Returns how many notifications were made or released. Raises Fenced where the lease is lost, StoreUnavailable.
        """
        if (
            now_ms < self._next_ms and self._next_ms - now_ms <= EVERY_MS
        ):  # a clock that is set back must not stop reminders
            return 0
        self._next_ms = now_ms + EVERY_MS
        with store.write() as connection:
            if lease is not None:
                lease.renew(store, connection)
            return self.sweep(connection, now_ms, busy)

    def sweep(self, connection: Connection, now_ms: int, busy: Collection[tuple[str, str]] = ()) -> int:
        """Release, remind, escalate and fold into digests, in the caller's transaction.

        `busy`: (id, channel) of rows in flight. Returns how many notifications were made or released.
        """
        audit.lock(connection)  # waits for a concurrent acknowledgement: nobody is reminded after it
        context = NotificationContext(connection, self._desk, self._rules, now_ms)
        released = release_withheld(context, self._channels)
        repeated = sum(self._repeat(context, row) for row in self._notified_alerts(connection))
        repeated += notify_stalled(connection, self._desk, self._channels, now_ms)
        for channel in self._channels:
            flood.fold(connection, self._desk, channel, self.most_per_hour, now_ms, busy)
        return released + repeated

    @property
    def most_per_hour(self) -> int:
        """Return how many messages a channel sends per hour at most."""
        return self._rules.file.notify.most_per_hour

    def _notified_alerts(self, connection: Connection) -> list[Row[Any]]:
        """Firing, unacknowledged alerts of which somebody was notified, with the time of the first notification."""
        first = (
            select(table.c.alert_id, func.min(table.c.created_at).label("notified_at"))
            .where(
                table.c.desk == self._desk,
                table.c.event.in_(("firing", "severity")),
                notified(),
            )
            .group_by(table.c.alert_id)
            .subquery()
        )
        handling_rows = handling_table
        return list(
            connection.execute(
                select(
                    alerts,
                    first.c.notified_at,
                    handling_rows.c.escalation,
                    handling_rows.c.state.label("handling_state"),
                )
                .join(first, first.c.alert_id == alerts.c.id)
                .outerjoin(
                    handling_rows,
                    (handling_rows.c.desk == alerts.c.desk) & (handling_rows.c.id == alerts.c.id),
                )
                .where(
                    alerts.c.desk == self._desk,
                    alerts.c.state == "firing",
                    func.coalesce(handling_rows.c.acknowledged, false()).is_(False),
                )
                .order_by(alerts.c.onset, alerts.c.id)
            )
        )

    def _repeat(self, context: NotificationContext, row: Row[Any]) -> int:
        state: dict[str, Any] = msgspec.json.decode(row.handling_state) if row.handling_state else {}
        since, done = max(row.notified_at, int(state.get("again_from", 0))), int(state.get("reminders", 0))
        again, now = self._rules.file.notify.again, context.now_ms
        # One article neither continues nor clears: an immediate rule's alert is notified once.
        reminds = row.rule not in self._immediate and done < again.times
        reminds = reminds and now >= due_at(since, done, again.first, again.factor, again.most)
        steps = [
            (step, entry)
            for step, entry in enumerate(self._rules.file.notify.escalate, start=1)
            if step > (row.escalation or 0)
            and now >= since + entry.after
            and not more_severe(entry.severity, row.severity)
        ]
        if not reminds and not steps:
            return 0
        latest = self._latest(context.connection, row.id)
        facts = context.facts(
            "reminder", row.id, row.rule, row.series, row.severity, row.incident, latest.decided_at
        )
        if decide(facts) is not None:
            return 0
        made = sum(self._escalate(context, row.id, since, step, entry, latest) for step, entry in steps)
        return made + (self._remind(context, row.id, since, done, latest) if reminds else 0)

    def _remind(
        self, context: NotificationContext, alert: str, since: int, done: int, latest: content.Content
    ) -> int:
        again = self._rules.file.notify.again
        # Several may have become due while no worker ran: one is sent, and all are counted.
        while done < again.times and context.now_ms >= due_at(
            since, done, again.first, again.factor, again.most
        ):
            done += 1
        note = (
            f"It still fires, and nobody has acknowledged it (reminder {done} of {again.times}). "
            f"仍在触发，尚无人确认（第 {done} 次提醒，共 {again.times} 次）。"
        )
        what = msgspec.structs.replace(latest, event="reminder", note=note)
        channels = [name for name in context.notified_channels(alert) if name in self._channels]
        handling.note(context.connection, self._desk, alert, {"state": {"reminders": done}}, context.now_ms)
        return outbox.enqueue(
            context.connection, what, channels, now_ms=context.now_ms, mark=f"{since}/{done}"
        )

    def _escalate(
        self,
        context: NotificationContext,
        alert: str,
        since: int,
        step: int,
        entry: Escalation,
        latest: content.Content,
    ) -> int:
        note = (
            f"Nobody acknowledged it within {span_words(entry.after, 'en')}. "
            f"{span_words(entry.after, 'zh')}内无人确认。"
        )
        what = msgspec.structs.replace(latest, event="escalated", note=note)
        channels = [name for name in self._channels if name in entry.to or "*" in entry.to]
        handling.note(context.connection, self._desk, alert, {"escalation": step}, context.now_ms)
        audit.append(
            context.connection, at=context.now_ms, desk=self._desk, actor=f"delivery:{self._desk}",
            action="alert.escalate", subject=alert, detail={"step": step, "to": channels},
        )  # fmt: skip
        return outbox.enqueue(
            context.connection, what, channels, now_ms=context.now_ms, mark=f"{since}/{step}"
        )

    def _latest(self, connection: Connection, alert: str) -> content.Content:
        """The content of the alert's last notification."""
        payload = connection.execute(
            select(table.c.payload)
            .where(
                table.c.desk == self._desk,
                table.c.alert_id == alert,
                table.c.event.in_(("firing", "severity")),
            )
            .order_by(table.c.created_at.desc(), table.c.id)
            .limit(1)
        ).scalar_one()
        # A repetition is not a rise.
        return msgspec.structs.replace(content.from_json(payload), severity_before="")


def due_at(since: int, done: int, first: int, factor: float, most: int) -> int:
    """Return when reminder number `done` + 1 is due: after `first`, then × `factor` each time, at most `most` apart.

    All times in milliseconds.

    >>> [due_at(0, done, 4, 2.0, 10) for done in range(4)]
    [4, 12, 22, 32]
    """
    at, wait = since, float(first)
    for _ in range(done + 1):
        at += round(min(wait, most))
        wait = min(wait * factor, float(most))
    return at
