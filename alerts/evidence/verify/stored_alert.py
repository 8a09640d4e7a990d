"""An alert as a whole: its row, its lines and the audit log must describe the same course of events."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from alerts.evidence.verify.audit_log import logged_changes, state_and_time
from alerts.evidence.verify.checks import Check, guarded, listed
from alerts.evidence.verify.comparison import compare, json_object
from alerts.lifecycle.alert import Alert
from alerts.records import SEVERITIES
from core.tables import alert_lines, alerts
from core.times import iso, parse_iso

_STATES = ("pending", "firing", "resolved")


def changes(connection: Connection, desk: str, alert: str) -> list[Row[Any]]:
    """Return the rows of `alert_lines` of this alert, by time, state and severity."""
    mine = (alert_lines.c.desk == desk) & (alert_lines.c.id == alert)
    return sorted(connection.execute(select(alert_lines).where(mine)).all(), key=_order)


def _order(row: Row[Any]) -> tuple[int, int, int]:
    state = _STATES.index(row.state) if row.state in _STATES else -1
    return row.decided_at, state, SEVERITIES.index(row.severity) if row.severity in SEVERITIES else -1


def alert_checks(
    connection: Connection, desk: str, alert: Row[Any], lines: Sequence[Row[Any]], lateness: Collection[int]
) -> list[Check]:
    """Return checks of the alert's row, its lines and the audit log against one another.

    `lateness`: the allowed lateness (ms) in its packs; the setting may have changed while the alert was open.
    """
    return guarded("stored alert", _alert_checks(connection, desk, alert, lines, lateness))


def _alert_checks(
    connection: Connection, desk: str, alert: Row[Any], lines: Sequence[Row[Any]], lateness: Collection[int]
) -> Iterator[Check]:
    given = [json_object(row.line) for row in lines]
    last = given[-1]
    row = {
        "rule": alert.rule, "rule_version": alert.rule_version, "series": alert.series, "onset": iso(alert.onset),
        "state": alert.state, "severity": alert.severity,
    }  # fmt: skip
    ending = {name: last.get(name) for name in row}
    who = ("the last line says", "its row")
    yield compare("stored alert", ending, row, "its row is as the last line says", who)
    yield from _times(alert, given, lateness, {row.state for row in lines if not row.evidence})
    if alert.state_data:
        yield _kept(alert, row)
    for name in ("rule", "rule_version", "series", "onset"):
        if len(values := {str(one.get(name)) for one in given}) > 1:
            yield Check(f"lines' {name}", "differs", f"one alert has one: {listed(sorted(values))}")
    rungs = [SEVERITIES.index(one["severity"]) for one in given if one.get("severity") in SEVERITIES]
    rises = rungs == sorted(rungs) and len(rungs) == len(given)
    detail = ", ".join(f"{one.get('state')} {one.get('severity')}" for one in given)
    yield Check("lines in order", "agrees" if rises and _in_turn(given) else "differs", detail)
    have = {state_and_time(one) for one in given}
    lost = [
        " at ".join(map(str, state_and_time(one["line"])))
        for one in logged_changes(connection, desk, alert.id)
    ]
    lost = [one for one in lost if one not in {" at ".join(map(str, when)) for when in have}]
    if lost:
        yield Check("lines lost", "differs", f"the audit log has {len(lost)} more: {listed(lost)}")


def _in_turn(given: Sequence[Mapping[str, Any]]) -> bool:
    """Whether it was pending, then firing at rising severities, then resolved; each but firing once."""
    states = [_STATES.index(one["state"]) for one in given if one.get("state") in _STATES]
    return states == sorted(states) and states.count(0) <= 1 and states.count(2) <= 1 and 1 in states


def _times(
    alert: Row[Any], given: Sequence[Mapping[str, Any]], lateness: Collection[int], bare: Collection[str]
) -> Iterator[Check]:
    """Yield checks of when it fired and ended: as decided, less the lateness.

    `bare`: states whose change has no pack, and so no known lateness.
    """
    for name, state in (("fired_at", "firing"), ("resolved_at", "resolved")):
        first = next((one for one in given if one.get("state") == state), None)
        found, decided = getattr(alert, name), parse_iso(first["decided_at"]) if first else None
        if found is None or decided is None:
            fits_it = found == decided
        else:
            fits_it = decided - found in {0, *lateness} or (state in bare and decided > found)
        if not fits_it:
            detail = [iso(at) if at is not None else "none" for at in (decided, found)]
            yield Check(f"stored alert: {name}", "differs", f"the lines say {detail[0]}, the row {detail[1]}")


def _kept(alert: Row[Any], row: Mapping[str, Any]) -> Check:
    """Check the desk's own state of the alert, which it reads after a restart."""
    try:
        state = msgspec.msgpack.decode(alert.state_data, type=Alert)
    except msgspec.DecodeError:
        return Check("desk's state of it", "differs", "it cannot be read")
    kept = {name: getattr(state, name) for name in row if name != "onset"} | {"onset": iso(state.onset)}
    what = "desk's state of it"
    return compare(what, kept, row, "as its row has it", ("it is", "its row says"))


def alert_row(connection: Connection, desk: str, alert: str) -> Row[Any]:
    """Return the row of `alerts` of this alert. Raises NoResultFound where there is none."""
    return connection.execute(select(alerts).where(alerts.c.desk == desk, alerts.c.id == alert)).one()
