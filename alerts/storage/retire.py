"""Ending alerts whose rule was removed or is another version now: they resolve at the desk's time, with a note."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, delete, select

from alerts.engine.desk import Desk
from alerts.lifecycle.alert import Alert
from alerts.records import AlertLine
from alerts.storage.alert_changes import RecordedChange, alert_row
from core.store.bulk import insert_absent_many, upsert_many
from core.tables import alert_lines, alerts
from core.times import iso

NOTE = (
    "It ends because its rule was changed or removed; that says nothing of whether it is calm again. "
    "其规则已被修改或移除，预警因此结束，并不表示已恢复平静。"
)
"""Goes into the notifications: such an end has no evidence pack, and so no sentence."""


def retire_alerts(connection: Connection, name: str, desk: Desk) -> list[RecordedChange]:
    """Resolve open alerts of rules that `desk` no longer runs in their version; return these changes, to be notified.

    Pending alerts are deleted: nobody was notified of them. `name`: the desk's.
    """
    versions = {(runner.rule.id, runner.rule.version) for runner in desk.runners}
    versions |= {(rule.id, rule.version) for rule in desk.rules.immediate}
    versions |= {(rule.id, rule.version) for rule in desk.rules.outages}
    table = alerts.c
    rows = connection.execute(
        select(table.state_data).where(table.desk == name, table.state.in_(("pending", "firing")))
    ).all()
    ended: list[RecordedChange] = []
    for (data,) in rows:
        alert = msgspec.msgpack.decode(data, type=Alert)
        if (alert.rule, alert.rule_version) in versions:
            continue
        if alert.state == "pending":
            connection.execute(delete(alerts).where(table.desk == name, table.id == alert.id))
        elif change := _resolve(connection, name, desk, alert):
            ended.append(change)
    return ended


def _resolve(connection: Connection, name: str, desk: Desk, alert: Alert) -> RecordedChange | None:
    last = connection.execute(
        select(alert_lines.c.line)
        .where(alert_lines.c.desk == name, alert_lines.c.id == alert.id)
        .order_by(alert_lines.c.decided_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    alert.state, alert.resolved_at, alert.due = "resolved", max(desk.closed, alert.onset), None
    upsert_many(connection, alerts, [alert_row(name, alert)])
    if last is None:
        return None
    ending = {
        "state": "resolved",
        "severity": alert.severity,
        "decided_at": iso(alert.resolved_at + desk.lateness_ms),
    }
    line = msgspec.convert({**msgspec.json.decode(last), **ending}, AlertLine)
    change = RecordedChange(line, alert.incident, b"")
    insert_absent_many(connection, alert_lines, [change.row(name)])
    return change
