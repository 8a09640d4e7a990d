"""Alerts: the list, one of them with its lines, deliveries and what people did, and the marks on a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from msgspec import json
from sqlalchemy import ColumnElement, and_, false, func, or_, select

from alerts.handling import actions as handled
from alerts.handling import silences
from alerts.handling.actions import CLOSED, closed_by
from alerts.handling.silences import Silence
from alerts.interfaces import listing
from alerts.rules.outage_rule import OUTAGE_PREFIX
from core.store import Store
from core.tables import alert_lines, alerts, audit, handling, outbox
from dashboard.period import Period
from dashboard.queries.frames import frame

LIMIT = 500


@dataclass(frozen=True)
class WantedAlerts:
    """Which alerts; an empty field means any. Times are of the onset."""

    start: int
    end: int
    states: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    rule: str = ""
    series: str = ""
    unhandled: bool = False
    kind: str = ""
    """market, or outage: of a source."""


_HANDLED = and_(handling.c.desk == alerts.c.desk, handling.c.id == alerts.c.id)
_LIST = (
    alerts.c.id,
    alerts.c.rule,
    alerts.c.rule_version,
    alerts.c.series,
    alerts.c.state,
    alerts.c.severity,
    alerts.c.onset,
    alerts.c.fired_at,
    alerts.c.resolved_at,
    alerts.c.incident,
    func.coalesce(handling.c.acknowledged, False).label("acknowledged"),
    func.coalesce(handling.c.acknowledged_by, "").label("acknowledged_by"),
    func.coalesce(handling.c.silenced, False).label("silenced"),
    func.coalesce(handling.c.inhibited_by, "").label("inhibited_by"),
    func.coalesce(handling.c.escalation, 0).label("escalation"),
    func.coalesce(handling.c.disposition, "").label("disposition"),
    func.coalesce(handling.c.reason, "").label("reason"),
    func.coalesce(handling.c.state, "{}").label("closed_by"),
)


def find(store: Store, desk: str, wanted: WantedAlerts, limit: int = LIMIT) -> pd.DataFrame:
    """Alerts that fired (and, asked for by their state, those that are pending), the newest first."""
    conditions: list[ColumnElement[bool]] = [
        alerts.c.desk == desk,
        alerts.c.onset > wanted.start,
        alerts.c.onset <= wanted.end,
    ]
    # What is pending has not fired, and mostly never does: it is shown to who asks for it.
    conditions.append(
        or_(alerts.c.fired, alerts.c.state == "pending" if "pending" in wanted.states else false())
    )
    if wanted.states:
        conditions.append(alerts.c.state.in_(wanted.states))
    if wanted.severities:
        conditions.append(alerts.c.severity.in_(wanted.severities))
    if wanted.rule:
        conditions.append(alerts.c.rule == wanted.rule)
    if wanted.series:
        conditions.append(alerts.c.series.icontains(wanted.series, autoescape=True))
    if wanted.kind:
        outages = alerts.c.series.startswith(OUTAGE_PREFIX)
        conditions.append(outages if wanted.kind == "outage" else ~outages)
    if wanted.unhandled:
        conditions.append(func.coalesce(handling.c.acknowledged, False).is_(False))
        conditions.append(func.coalesce(handling.c.disposition, "") == "")
        conditions.append(func.coalesce(~CLOSED, True))
    statement = select(*_LIST).select_from(alerts.outerjoin(handling, _HANDLED)).where(*conditions)
    return _closers(frame(store, statement.order_by(alerts.c.onset.desc(), alerts.c.id).limit(limit)))


def _closers(found: pd.DataFrame) -> pd.DataFrame:
    """`closed_by`: of the state that handling keeps, the name of who closed the alert by hand; empty: nobody."""
    return found.assign(closed_by=[closed_by(json.decode(state)) for state in found["closed_by"]])


def one(store: Store, desk: str, ident: str) -> pd.DataFrame:
    """The alert as a frame of one row, or of none."""
    statement = select(*_LIST).select_from(alerts.outerjoin(handling, _HANDLED))
    return _closers(frame(store, statement.where(alerts.c.desk == desk, alerts.c.id == ident)))


def lines(store: Store, desk: str, ident: str) -> pd.DataFrame:
    """Its lines of alerts.jsonl, as they are, in order: decided_at, state, severity, line, evidence (JSON bytes)."""
    return frame(
        store,
        select(
            alert_lines.c.decided_at,
            alert_lines.c.state,
            alert_lines.c.severity,
            alert_lines.c.line,
            alert_lines.c.evidence,
        )
        .where(alert_lines.c.desk == desk, alert_lines.c.id == ident)
        .order_by(alert_lines.c.decided_at),
    )


def deliveries(store: Store, desk: str, ident: str) -> pd.DataFrame:
    """Who was notified: created_at, channel, event, status, attempts, sent_at, error, reason."""
    return frame(
        store,
        select(
            outbox.c.created_at,
            outbox.c.channel,
            outbox.c.event,
            outbox.c.status,
            outbox.c.attempts,
            outbox.c.sent_at,
            outbox.c.error,
            outbox.c.reason,
        )
        .where(outbox.c.alert_id == ident, outbox.c.desk == desk)
        .order_by(outbox.c.created_at, outbox.c.channel),
    )


def recorded_actions(store: Store, desk: str, ident: str) -> pd.DataFrame:
    """What people did with it, from the audit log: at, actor, action, detail. Its own changes stand in its lines."""
    return frame(
        store,
        select(audit.c.at, audit.c.actor, audit.c.action, audit.c.detail)
        .where(audit.c.desk == desk, audit.c.subject == ident, audit.c.actor != f"desk:{desk}")
        .order_by(audit.c.seq),
    )


def marks(store: Store, desk: str, series: Sequence[str], period: Period) -> pd.DataFrame:
    """Where alerts of these series began within the period: id, series, rule, severity, onset."""
    return frame(
        store,
        select(alerts.c.id, alerts.c.series, alerts.c.rule, alerts.c.severity, alerts.c.onset, alerts.c.state)
        .where(
            alerts.c.desk == desk,
            alerts.c.fired,
            alerts.c.series.in_(list(series)),
            alerts.c.onset > period.start,
            alerts.c.onset <= period.end,
        )
        .order_by(alerts.c.onset),
    )


def counts(store: Store, desk: str) -> dict[str, int]:
    """How many alerts fire, and how many of those nobody has acknowledged or closed by hand."""
    open_ = frame(
        store,
        select(func.coalesce(or_(handling.c.acknowledged, CLOSED), False).label("acknowledged"))
        .select_from(alerts.outerjoin(handling, _HANDLED))
        .where(alerts.c.desk == desk, alerts.c.fired, alerts.c.state == "firing"),
    )
    return {"firing": len(open_), "unacknowledged": int((~open_["acknowledged"].astype(bool)).sum())}


def rules(store: Store, desk: str) -> list[str]:
    """Rules that have fired."""
    with store.read() as connection:
        return list(
            connection.execute(
                select(alerts.c.rule)
                .where(alerts.c.desk == desk, alerts.c.fired)
                .distinct()
                .order_by(alerts.c.rule)
            ).scalars()
        )


def silences_left(store: Store, desk: str, now: int) -> list[Silence]:
    """Silences that are in force at wall time `now`, or to come."""
    with store.read() as connection:
        return silences.not_ended(connection, desk, now)


def together(store: Store, desk: str, ident: str, incident: str) -> list[dict[str, str]]:
    """See alerts.listing.together."""
    with store.read() as connection:
        return listing.together(connection, desk, ident, incident)


def called(store: Store, desk: str, which: str) -> str:
    """The id of the alert whose id begins with `which`. Raises InvalidArgument where none or several do."""
    with store.read() as connection:
        return str(handled.find(connection, desk, which).id)
