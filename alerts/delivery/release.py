"""The release of notifications withheld for a temporary reason: a silence, maintenance, inhibition, folding."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, select, update

from alerts.delivery import content
from alerts.delivery.context import NotificationContext
from alerts.handling import actions as handling
from alerts.handling.suppression import TEMPORARY, decide
from core.tables import alerts
from core.tables import outbox as table


def release_withheld(context: NotificationContext, channels: Collection[str]) -> int:
    """Make withheld rows of `channels` pending whose reason has ended while their alert still fires.

    Returns how many were released.
    """
    return sum(_release(context, channels, row) for row in _withheld(context.connection, context.desk))


def _withheld(connection: Connection, desk: str) -> list[Row[Any]]:
    """Rows withheld for a temporary reason, of alerts that still fire."""
    return list(
        connection.execute(
            select(table, alerts.c.rule, alerts.c.series, alerts.c.severity, alerts.c.incident)
            .join(alerts, (alerts.c.desk == table.c.desk) & (alerts.c.id == table.c.alert_id))
            .where(
                table.c.desk == desk,
                table.c.status == "withheld",
                table.c.reason.in_(TEMPORARY),
                table.c.event.in_(("firing", "severity")),
                alerts.c.state == "firing",
            )
            .order_by(table.c.created_at, table.c.id)
        )
    )


def _release(context: NotificationContext, channels: Collection[str], row: Row[Any]) -> int:
    """Send what was silenced, inhibited or folded, once that has ended and the alert still fires."""
    if row.channel not in channels or context.still_suppressed(
        row.alert_id, row.rule, row.series, row.severity
    ):
        return 0
    latest = content.from_json(row.payload)
    if row.severity != latest.severity:
        return 0  # its severity has changed since: the row of that severity is the one to send
    facts = context.facts(
        "firing", row.alert_id, row.rule, row.series, row.severity, row.incident, latest.decided_at
    )
    if decide(facts) is not None:
        return 0
    context.connection.execute(
        update(table)
        .where(table.c.desk == row.desk, table.c.id == row.id, table.c.channel == row.channel)
        .values(status="pending", not_before=context.now_ms, error="", reason="")
    )
    changes = {"silenced": False, "inhibited_by": "", "state": {"again_from": context.now_ms}}
    handling.note(context.connection, context.desk, row.alert_id, changes, context.now_ms)
    return 1
