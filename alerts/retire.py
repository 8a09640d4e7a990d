"""Alerts whose rule is gone, or is another version now: they end where the desk stands, and say so."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, delete, select

from alerts.bulk import insert_absent, upsert
from alerts.desk import Desk
from alerts.lifecycle import Alert
from alerts.persist import alert_row
from core.tables import alert_lines, alerts
from core.times import iso


def alerts_without_a_rule(connection: Connection, name: str, desk: Desk) -> int:
    """Resolve open alerts of rules that no longer stand in the rule set; returns how many. Pending ones lapse."""
    table = alerts.c
    versions = {(watch.rule.id, watch.rule.version) for watch in desk.watches}
    versions |= {(rule.id, rule.version) for rule in desk.rules.immediate}
    versions |= {(rule.id, rule.version) for rule in desk.rules.outages}
    rows = connection.execute(
        select(table.state_data).where(table.desk == name, table.state.in_(("pending", "firing")))
    ).all()
    ended = 0
    for (data,) in rows:
        alert = msgspec.msgpack.decode(data, type=Alert)
        if (alert.rule, alert.rule_version) in versions:
            continue
        ended += 1
        if alert.state == "pending":
            connection.execute(delete(alerts).where(table.desk == name, table.id == alert.id))
            continue
        _resolve(connection, name, desk, alert)
    return ended


def _resolve(connection: Connection, name: str, desk: Desk, alert: Alert) -> None:
    last = connection.execute(
        select(alert_lines.c.line)
        .where(alert_lines.c.desk == name, alert_lines.c.id == alert.id)
        .order_by(alert_lines.c.decided_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    alert.state, alert.resolved_at, alert.due = "resolved", max(desk.closed, alert.onset), None
    upsert(connection, alerts, [alert_row(name, alert)])
    if last is None:
        return
    decided_at = alert.resolved_at + desk.lateness_ms
    line = {**msgspec.json.decode(last), "state": "resolved", "decided_at": iso(decided_at)}
    row = {
        "desk": name,
        "decided_at": decided_at,
        "id": alert.id,
        "state": "resolved",
        "severity": alert.severity,
        "line": msgspec.json.encode(line).decode(),
        "evidence": b"",
    }
    insert_absent(connection, alert_lines, [row])
