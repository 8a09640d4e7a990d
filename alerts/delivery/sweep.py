"""What the clock does while an alert fires: tell again, tell more people, tell what was kept back for a while.

Runs in the delivery worker, under its lease, every few seconds. Reads only alerts that fire and have rows in the
outbox; a replay that notified nobody therefore costs and tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select, update

from alerts import audit, content, handling, outbox
from alerts.quiet import PASSING, decide, reason_of
from alerts.rules import RuleSet, load_rules
from alerts.rulesfile import SEVERITIES
from alerts.surroundings import TOLD, Surroundings
from core.settings import Settings
from core.store import Lease, Store
from core.tables import alerts
from core.tables import outbox as table

EVERY_MS = 5_000


class Sweep:
    """One desk's sweeps. `channels`: the configured channels' names. Raises ConfigError for bad rules."""

    def __init__(self, settings: Settings, channels: Sequence[str], rules: RuleSet | None = None) -> None:
        self._desk = settings.alerts.desk
        path = settings.path(settings.alerts.rules) if settings.alerts.rules else None
        self._rules = rules or load_rules(path)
        self._channels = channels
        self._next_ms = 0

    def run(self, store: Store, lease: Lease | None, now_ms: int) -> int:
        """Sweep if it is time; returns how many notifications it made or let go. Raises Fenced."""
        if now_ms < self._next_ms and self._next_ms - now_ms <= EVERY_MS:  # a clock set back does not stop us
            return 0
        self._next_ms = now_ms + EVERY_MS
        with store.write() as connection:
            if lease is not None:
                lease.renew(store, connection)
            return self.sweep(connection, now_ms)

    def sweep(self, connection: Connection, now_ms: int) -> int:
        """The same in the caller's transaction, whatever the time since the last."""
        around = Surroundings(connection, self._desk, self._rules, now_ms)
        let_go = sum(self._let_go(around, row) for row in self._kept_back(connection))
        told = sum(self._again(around, row) for row in self._told(connection))
        return let_go + told

    def _kept_back(self, connection: Connection) -> list[Row[Any]]:
        """Rows withheld of alerts that fire still."""
        return list(
            connection.execute(
                select(table, alerts.c.rule, alerts.c.series, alerts.c.severity, alerts.c.incident)
                .join(alerts, (alerts.c.desk == table.c.desk) & (alerts.c.id == table.c.alert_id))
                .where(
                    table.c.desk == self._desk,
                    table.c.status == "withheld",
                    table.c.event.in_(("firing", "severity")),
                    alerts.c.state == "firing",
                )
                .order_by(table.c.created_at, table.c.id)
            )
        )

    def _let_go(self, around: Surroundings, row: Row[Any]) -> int:
        """Send what was silenced, inhibited or folded, once that is over and the alert still fires."""
        reason = reason_of(row.error)
        if reason not in PASSING or row.channel not in self._channels:
            return 0
        told = content.from_json(row.payload)
        if row.severity != told.severity:
            return 0  # it has become worse since: the row of that severity is the one to tell
        facts = around.facts(
            "firing", row.alert_id, row.rule, row.series, row.severity, row.incident, told.decided_at
        )
        if decide(facts) is not None:
            return 0
        around.connection.execute(
            update(table)
            .where(table.c.desk == row.desk, table.c.id == row.id, table.c.channel == row.channel)
            .values(status="pending", not_before=around.now_ms, error="")
        )
        changes = {"silenced": False, "inhibited_by": "", "state": {"again_from": around.now_ms}}
        handling.note(around.connection, self._desk, row.alert_id, changes, around.now_ms)
        return 1

    def _told(self, connection: Connection) -> list[Row[Any]]:
        """Alerts that fire and of which somebody was told, with the time of that."""
        first = (
            select(table.c.alert_id, func.min(table.c.created_at).label("told_at"))
            .where(
                table.c.desk == self._desk,
                table.c.event.in_(("firing", "severity")),
                table.c.status.in_(TOLD),
            )
            .group_by(table.c.alert_id)
            .subquery()
        )
        return list(
            connection.execute(
                select(alerts, first.c.told_at)
                .join(first, first.c.alert_id == alerts.c.id)
                .where(alerts.c.desk == self._desk, alerts.c.state == "firing")
                .order_by(alerts.c.onset, alerts.c.id)
            )
        )

    def _again(self, around: Surroundings, row: Row[Any]) -> int:
        hands = handling.state_of(around.connection, self._desk, row.id)
        if hands["acknowledged"]:
            return 0
        latest = self._latest(around.connection, row.id)
        facts = around.facts(
            "reminder", row.id, row.rule, row.series, row.severity, row.incident, latest.decided_at
        )
        if decide(facts) is not None:
            return 0
        since = max(row.told_at, int(hands["state"].get("again_from", 0)))
        return self._remind(around, row, hands, since, latest) + self._escalate(
            around, row, hands, since, latest
        )

    def _remind(
        self, around: Surroundings, row: Row[Any], hands: dict[str, Any], since: int, latest: content.Content
    ) -> int:
        again = self._rules.file.notify.again
        done = int(hands["state"].get("reminders", 0))
        if done >= again.times or around.now_ms < due_at(since, done, again.first, again.factor, again.most):
            return 0
        # Many may have become due while the worker was away: they are told once, and counted as told.
        while done < again.times and around.now_ms >= due_at(
            since, done, again.first, again.factor, again.most
        ):
            done += 1
        what = msgspec.structs.replace(
            latest,
            event="reminder",
            note=f"It still fires, and nobody has acknowledged it (reminder {done}).",
        )
        channels = [name for name in around.heard(row.id) if name in self._channels]
        handling.note(around.connection, self._desk, row.id, {"state": {"reminders": done}}, around.now_ms)
        return outbox.enqueue(around.connection, what, channels, now_ms=around.now_ms, mark=f"{since}/{done}")

    def _escalate(
        self, around: Surroundings, row: Row[Any], hands: dict[str, Any], since: int, latest: content.Content
    ) -> int:
        made, level = 0, int(hands["escalation"])
        for step, entry in enumerate(self._rules.file.notify.escalate, start=1):
            severe = SEVERITIES.index(row.severity) >= SEVERITIES.index(entry.severity)
            if step <= level or not severe or around.now_ms < since + entry.after:
                continue
            what = msgspec.structs.replace(
                latest, event="escalated", note=f"Nobody acknowledged it within {entry.after // 60_000} min."
            )
            channels = [name for name in self._channels if name in entry.to or "*" in entry.to]
            made += outbox.enqueue(
                around.connection, what, channels, now_ms=around.now_ms, mark=f"{since}/{step}"
            )
            handling.note(around.connection, self._desk, row.id, {"escalation": step}, around.now_ms)
            audit.append(
                around.connection, at=around.now_ms, desk=self._desk, actor=f"delivery:{self._desk}",
                action="alert.escalate", subject=row.id, detail={"step": step, "to": channels},
            )  # fmt: skip
        return made

    def _latest(self, connection: Connection, alert: str) -> content.Content:
        """What was said of the alert last."""
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
        return content.from_json(payload)


def due_at(since: int, done: int, first: int, factor: float, most: int) -> int:
    """When reminder number `done` + 1 is due: after `first`, then × `factor` each time, at most `most` apart.

    >>> [due_at(0, done, 4, 2.0, 10) for done in range(4)]
    [4, 12, 22, 32]
    """
    at, wait = since, float(first)
    for _ in range(done + 1):
        at += round(min(wait, most))
        wait = min(wait * factor, float(most))
    return at
