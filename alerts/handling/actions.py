"""People's actions on an alert: acknowledge, unacknowledge, close, dispose. They govern notification only.

An acknowledgement lasts until the alert clears: the next alert of the series is another one, with another id. Every
action needs an actor and a reason, and goes into the audit log in the same transaction. Every writer
takes the log's lock before it reads: else one of two could overwrite the other's change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Row, select

from alerts import reasons
from alerts.errors import ActionRejected, InvalidArgument, one_of
from alerts.handling import audit
from alerts.handling.suppression import SuppressionFacts, SuppressionReason
from core.store import upsert
from core.tables import alerts, handling

DISPOSITIONS = ("true", "false", "duplicate", "known")
Disposition = Literal["true", "false", "duplicate", "known"]
_SHORTEST_ID = 6
TOO_SHORT = f"give at least {_SHORTEST_ID} characters of its id"
SEVERAL = "several alerts have ids that begin so: give more of it"
ACKNOWLEDGED = "alert {alert} is acknowledged already, by {name}"
NOT_ACKNOWLEDGED = "alert {alert} is not acknowledged"
CLOSED_NOT_ACKNOWLEDGEABLE = "alert {alert} is closed, by {name}: there is nothing to acknowledge"
CLOSED_ALREADY = "alert {alert} is closed already, by {name}"
RESOLVED_NOT_ACKNOWLEDGEABLE = "alert {alert} is resolved: there is nothing to acknowledge"
RESOLVED_NOT_CLOSEABLE = "alert {alert} is resolved: there is nothing to close"
REJECTIONS = (
    ACKNOWLEDGED,
    NOT_ACKNOWLEDGED,
    CLOSED_NOT_ACKNOWLEDGEABLE,
    CLOSED_ALREADY,
    RESOLVED_NOT_ACKNOWLEDGEABLE,
    RESOLVED_NOT_CLOSEABLE,
)
"""Why an action is not possible."""


def find(connection: Connection, desk: str, which: str) -> Row[Any]:
    """Return the row of `alerts` whose id begins with `which`.

    Raises InvalidArgument where none or several do, or `which` has fewer than six characters.
    """
    if len(which) < _SHORTEST_ID:
        raise InvalidArgument("alert", TOO_SHORT, which or "''")
    rows = connection.execute(
        select(alerts).where(alerts.c.desk == desk, alerts.c.id.startswith(which, autoescape=True)).limit(2)
    ).all()
    if not rows:
        raise InvalidArgument(
            "alert", f"no alert of desk {desk!r} has an id that begins so (newsquake alerts list)", which
        )
    if len(rows) > 1:
        raise InvalidArgument("alert", SEVERAL, which)
    return rows[0]


def state_of(connection: Connection, desk: str, alert: str) -> dict[str, Any]:
    """Return the handling row by column (not desk and id), `state` decoded; the defaults if none is stored."""
    row = connection.execute(select(handling).where(handling.c.desk == desk, handling.c.id == alert)).first()
    if row is None:
        return {
            "acknowledged": False, "acknowledged_by": "", "silenced": False, "inhibited_by": "", "escalation": 0,
            "disposition": "", "reason": "", "state": {}, "updated_at": 0,
        }  # fmt: skip
    found = dict(row._mapping)
    found["state"] = msgspec.json.decode(found["state"] or "{}")
    del found["desk"], found["id"]
    return found


def acknowledge(
    connection: Connection, desk: str, which: str, *, actor: str, reason: str, now_ms: int
) -> str:
    """Acknowledge an alert: no reminder and no escalation until it clears. Returns its id.

    `which`: an id or its beginning. Raises ActionRejected where it is resolved, closed or acknowledged, and
    InvalidArgument as `dispose` does, of `which`, `actor` and `reason`.
    """
    audit.lock(connection)
    alert = _firing(find(connection, desk, which), RESOLVED_NOT_ACKNOWLEDGEABLE)
    known = state_of(connection, desk, alert)
    if known["acknowledged"]:
        raise ActionRejected(ACKNOWLEDGED, alert=alert, name=known["acknowledged_by"])
    if closer := closed_by(known["state"]):
        raise ActionRejected(CLOSED_NOT_ACKNOWLEDGEABLE, alert=alert, name=closer)
    changes = {"acknowledged": True, "acknowledged_by": actor}
    return _do(connection, desk, alert, "alert.acknowledge", changes, actor, reason, now_ms)


def unacknowledge(
    connection: Connection, desk: str, which: str, *, actor: str, reason: str, now_ms: int
) -> str:
    """Withdraw an acknowledgement: reminders and escalation start again from now. Returns the alert's id.

    Raises ActionRejected where it is not acknowledged, and InvalidArgument as `dispose` does, of `which`, `actor` and
    `reason`.
    """
    audit.lock(connection)
    alert = str(find(connection, desk, which).id)
    known = state_of(connection, desk, alert)
    if not known["acknowledged"]:
        raise ActionRejected(NOT_ACKNOWLEDGED, alert=alert)
    changes = {
        "acknowledged": False, "acknowledged_by": "", "state": {"again_from": now_ms, "reminders": 0},
        "escalation": 0,
    }  # fmt: skip
    return _do(connection, desk, alert, "alert.unacknowledge", changes, actor, reason, now_ms)


def close(connection: Connection, desk: str, which: str, *, actor: str, reason: str, now_ms: int) -> str:
    """Close an alert by hand: no further notification but its end, to the channels that were notified of it.

    Its state still follows from the panes. Returns its id. Raises ActionRejected where it is resolved or closed, and
    InvalidArgument as `dispose` does, of `which`, `actor` and `reason`.
    """
    audit.lock(connection)
    alert = _firing(find(connection, desk, which), RESOLVED_NOT_CLOSEABLE)
    if closer := closed_by(state_of(connection, desk, alert)["state"]):
        raise ActionRejected(CLOSED_ALREADY, alert=alert, name=closer)
    changes = {"state": {"closed_by": actor, "closed_at": now_ms}}
    return _do(connection, desk, alert, "alert.close", changes, actor, reason, now_ms)


def dispose(
    connection: Connection, desk: str, which: str, disposition: str, *, actor: str, reason: str, now_ms: int
) -> str:
    """Set the disposition of an alert: true | false | duplicate | known; it may be changed. Returns the alert's id.

    Raises InvalidArgument where the disposition is another one, where not exactly one alert has the id or prefix
    `which`, where `reason` has fewer than three characters, or where `actor` is empty.
    """
    if disposition not in DISPOSITIONS:
        raise InvalidArgument("disposition", one_of(DISPOSITIONS), disposition or "''")
    audit.lock(connection)
    alert = str(find(connection, desk, which).id)
    return _do(connection, desk, alert, "alert.dispose", {"disposition": disposition}, actor, reason, now_ms)


def resolve(
    connection: Connection, desk: str, which: str, disposition: str, *, actor: str, reason: str, now_ms: int
) -> tuple[str, bool]:
    """Set the disposition of an alert and close it. Return (its id, whether this closed it).

    False: it was resolved or closed already. Raises InvalidArgument as `dispose` does.
    """
    alert = dispose(connection, desk, which, disposition, actor=actor, reason=reason, now_ms=now_ms)
    ended = find(connection, desk, alert).state == "resolved"
    if ended or closed_by(state_of(connection, desk, alert)["state"]):
        return alert, False
    return close(connection, desk, alert, actor=actor, reason=reason, now_ms=now_ms), True


def closed_by(state: Mapping[str, Any]) -> str:
    """Return who closed the alert by hand, from the state of its handling row; empty if nobody did."""
    return str(state.get("closed_by", ""))


CLOSED = handling.c.state.contains('"closed_by":')
"""The same as a condition: quotes within the state's own values are escaped, so that none can look so."""


def record_suppression(
    connection: Connection,
    desk: str,
    alert: str,
    why: SuppressionReason,
    facts: SuppressionFacts,
    now_ms: int,
) -> None:
    """Store, for lists and the dashboard, that an alert is silenced or inhibited; other reasons change nothing."""
    if why in (SuppressionReason.SILENCED, SuppressionReason.MAINTENANCE, SuppressionReason.INHIBITED):
        changes = {"silenced": why is not SuppressionReason.INHIBITED, "inhibited_by": facts.inhibited_by}
        _write(connection, desk, alert, changes, now_ms)


def note(connection: Connection, desk: str, alert: str, changes: Mapping[str, Any], now_ms: int) -> None:
    """Store changes by the delivery worker (reminders, escalation); `state` is merged key by key."""
    _write(connection, desk, alert, changes, now_ms)


def _firing(row: Row[Any], rejection: str) -> str:
    if row.state == "resolved":
        raise ActionRejected(rejection, alert=row.id)
    return str(row.id)


def _do(
    connection: Connection,
    desk: str,
    alert: str,
    action: str,
    changes: Mapping[str, Any],
    actor: str,
    reason: str,
    now_ms: int,
) -> str:
    reason, actor = reasons.check_reason(reason), actor.strip()
    if not actor:
        raise InvalidArgument("actor", "say who you are")
    reasons.check_text(reason=reason, actor=actor)
    _write(connection, desk, alert, {**changes, "reason": reason}, now_ms)
    detail = {name: value for name, value in changes.items() if name != "state"} | {"reason": reason}
    audit.append(connection, at=now_ms, desk=desk, actor=actor, action=action, subject=alert, detail=detail)
    return alert


def _write(connection: Connection, desk: str, alert: str, changes: Mapping[str, Any], now_ms: int) -> None:
    audit.lock(connection)
    known = state_of(connection, desk, alert)
    merged = {
        **known,
        **changes,
        "state": {**known["state"], **changes.get("state", {})},
        "updated_at": now_ms,
    }
    merged["state"] = msgspec.json.encode(merged["state"]).decode()
    upsert(connection, handling, [{"desk": desk, "id": alert, **merged}])
