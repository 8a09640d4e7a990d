"""Alerts, notifications and single alerts as JSON values, for the command line and the HTTP API."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, or_, select

from alerts.delivery import content
from alerts.evidence import outage_sentence, schema
from alerts.handling import actions as handling
from alerts.handling import silences
from alerts.lifecycle.outage_proof import OutageProof
from alerts.rules.outage_rule import OUTAGE_PREFIX, is_outage
from core.tables import alert_lines, alerts, desks, outbox
from core.tables import audit as audit_table
from core.tables import handling as handled
from core.times import iso


def list_alerts(
    connection: Connection,
    desk: str,
    *,
    state: str | None = None,
    rule: str | None = None,
    series: str | None = None,
    kind: str | None = None,
    since: int | None = None,
    unhandled: bool = False,
    limit: int = 100,
    now_ms: int = 0,
) -> list[dict[str, Any]]:
    """Return alerts that fired (with `state` pending: those that may yet), the newest first, as in AlertSummary.

    `kind`: market or outage; `series`: a part of its name; `since`: onset not before, epoch ms; `unhandled`: firing,
    neither acknowledged nor closed by hand. `now_ms`: wall time; alerts that a silence covers then are `silenced`, also
    where it withheld nothing yet. Raises StoreUnavailable.
    """
    query = (
        select(
            alerts, handled.c.acknowledged, handled.c.acknowledged_by, handled.c.silenced, handled.c.inhibited_by,
            handled.c.disposition, handled.c.reason, handled.c.escalation, handled.c.state.label("handling_state"),
        )
        .outerjoin(handled, and_(handled.c.desk == alerts.c.desk, handled.c.id == alerts.c.id))
        .where(alerts.c.desk == desk)
        .order_by(alerts.c.onset.desc(), alerts.c.id)
        .limit(limit)
    )  # fmt: skip
    if state != "pending":  # what is pending has not fired yet
        query = query.where(alerts.c.fired)
    if since is not None:
        query = query.where(alerts.c.onset >= since)
    if state:
        query = query.where(alerts.c.state == state)
    if rule:
        query = query.where(alerts.c.rule == rule)
    if series:
        query = query.where(alerts.c.series.contains(series, autoescape=True))
    if kind:
        outages = alerts.c.series.startswith(OUTAGE_PREFIX)
        query = query.where(outages if kind == "outage" else ~outages)
    if unhandled:
        query = query.where(
            alerts.c.state == "firing",
            or_(handled.c.acknowledged.is_(None), handled.c.acknowledged.is_(False)),
            or_(handled.c.state.is_(None), ~handling.CLOSED),
        )
    in_force = silences.not_ended(connection, desk, now_ms) if now_ms else []
    found = [_summary(row) for row in connection.execute(query)]
    for one in found:
        if one["state"] != "resolved" and silences.covers(
            in_force, now_ms, one["rule"], one["series"], one["severity"], one["id"]
        ):
            one["silenced"] = True
    return found


def other_desks(connection: Connection, desk: str) -> list[str]:
    """Return the names of all desks of the store, sorted, if `desk` is not one of them; else an empty list."""
    known = [*connection.execute(select(desks.c.desk).order_by(desks.c.desk)).scalars()]
    known += [
        one for one in connection.execute(select(alerts.c.desk).distinct()).scalars() if one not in known
    ]
    return [] if desk in known else sorted(known)


def _summary(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": "outage" if is_outage(row.series) else "market",
        "rule": row.rule,
        "rule_version": row.rule_version,
        "series": row.series,
        "state": row.state,
        "severity": row.severity,
        "onset": iso(row.onset),
        "fired_at": iso(row.fired_at) if row.fired_at else None,
        "resolved_at": iso(row.resolved_at) if row.resolved_at else None,
        "incident": row.incident,
        "acknowledged": bool(row.acknowledged),
        "acknowledged_by": row.acknowledged_by or "",
        "closed_by": handling.closed_by(msgspec.json.decode(row.handling_state or "{}")),
        "silenced": bool(row.silenced),
        "inhibited_by": row.inhibited_by or "",
        "escalation": row.escalation or 0,
        "disposition": row.disposition or "",
        "reason": row.reason or "",
    }


def show_alert(connection: Connection, desk: str, which: str) -> dict[str, Any]:
    """Return one alert with its lines, latest evidence, notifications and history. `which`: an id, or its beginning.

    Raises InvalidArgument where not exactly one alert has it.
    """
    row = handling.find(connection, desk, which)
    lines = connection.execute(
        select(alert_lines)
        .where(alert_lines.c.desk == desk, alert_lines.c.id == row.id)
        .order_by(alert_lines.c.decided_at, alert_lines.c.state, alert_lines.c.severity)
    ).all()
    known = handling.state_of(connection, desk, row.id)
    found = {
        "id": row.id,
        "kind": "outage" if is_outage(row.series) else "market",
        "rule": row.rule,
        "rule_version": row.rule_version,
        "series": row.series,
        "state": row.state,
        "severity": row.severity,
        "onset": iso(row.onset),
        "incident": row.incident,
        "together": together(connection, desk, row.id, row.incident),
        "lines": [msgspec.json.decode(line.line) for line in lines],
        "handling": {**known, "updated_at": iso(known["updated_at"]) if known["updated_at"] else None},
        "notifications": [_notification(one) for one in _rows(connection, desk, row.id)],
        "history": [_history_entry(one) for one in _audit_rows(connection, desk, row.id)],
    }
    packs = [line.evidence for line in lines if line.evidence and line.state == "firing"]
    if packs:
        made = schema.load(packs[-1])
        shown = {article.id: article for article in made.articles}
        found["sentence"] = made.sentence
        found["headlines"] = [
            {
                "title": shown[name].title, "publisher": shown[name].publisher, "url": shown[name].url,
                "available_at": iso(shown[name].available_at),
            }
            for name in made.headlines if name in shown
        ]  # fmt: skip
        found["evidence_hash"] = made.hash
        if isinstance(made.outage, OutageProof):
            found["facts"] = [[name, value] for name, value in outage_sentence.facts(made.outage)]
    return found


def together(connection: Connection, desk: str, alert: str, incident: str) -> list[dict[str, str]]:
    """Return the other alerts of its incident that fired, the newest first, 20 at most.

    Each has id, rule, series, state and severity.
    """
    if not incident:
        return []
    query = (
        select(alerts.c.id, alerts.c.rule, alerts.c.series, alerts.c.state, alerts.c.severity)
        .where(alerts.c.desk == desk, alerts.c.incident == incident, alerts.c.id != alert, alerts.c.fired)
        .order_by(alerts.c.onset.desc(), alerts.c.id)
        .limit(20)
    )
    return [dict(row._mapping) for row in connection.execute(query)]


def _rows(connection: Connection, desk: str, alert: str) -> list[Row[Any]]:
    query = select(outbox).where(outbox.c.desk == desk, outbox.c.alert_id == alert)
    return list(connection.execute(query.order_by(outbox.c.created_at, outbox.c.channel, outbox.c.id)))


def _notification(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "channel": row.channel,
        "event": row.event,
        "status": row.status,
        "attempts": row.attempts,
        "created_at": iso(row.created_at),
        "sent_at": iso(row.sent_at) if row.sent_at else None,
        "next_try": iso(row.not_before) if row.status == "pending" else None,
        "error": row.error,
        "alert": row.alert_id,
    }


def _audit_rows(connection: Connection, desk: str, alert: str) -> list[Row[Any]]:
    query = select(audit_table).where(audit_table.c.desk == desk, audit_table.c.subject == alert)
    return list(connection.execute(query.order_by(audit_table.c.seq)))


def _history_entry(row: Row[Any]) -> dict[str, Any]:
    detail = msgspec.json.decode(row.detail)
    return {
        "at": iso(row.at),
        "actor": row.actor,
        "action": row.action,
        "reason": detail.get("reason") or detail.get("note", ""),
        "disposition": detail.get("disposition", ""),
    }


def notifications(
    connection: Connection,
    desk: str,
    *,
    status: str | None = None,
    channel: str | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Return notifications, the newest first, each with its status and severity. Raises StoreUnavailable."""
    query = (
        select(outbox)
        .where(outbox.c.desk == desk)
        .order_by(outbox.c.created_at.desc(), outbox.c.id)
        .limit(limit)
    )
    if status:
        query = query.where(outbox.c.status == status)
    if channel:
        query = query.where(outbox.c.channel == channel)
    return [
        _notification(row) | {"severity": content.from_json(row.payload).severity}
        for row in connection.execute(query)
    ]
