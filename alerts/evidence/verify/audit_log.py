"""The changes of an alert that the audit log has, each with its line and the hash of its pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from alerts.evidence.verify.comparison import json_object
from core.tables import audit


def logged_changes(connection: Connection, desk: str, alert: str) -> list[dict[str, Any]]:
    """Return the details of the log's entries about changes of the alert that have a line, in order."""
    mine = (audit.c.desk == desk) & (audit.c.subject == alert) & (audit.c.actor == f"desk:{desk}"[:200])
    query = select(audit.c.detail).where(mine, audit.c.action.startswith("alert.")).order_by(audit.c.seq)
    found = [json_object(detail) for (detail,) in connection.execute(query)]
    return [one for one in found if isinstance(one.get("line"), dict)]


def matching_change(entries: Sequence[dict[str, Any]], line: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the entry about this line, else one about a line of the same state and time, else None."""
    same_time = [one for one in entries if state_and_time(one["line"]) == state_and_time(line)]
    alike = (one for one in same_time if one["line"].get("severity") == line.get("severity"))
    return next(alike, same_time[0] if same_time else None)


def state_and_time(line: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return (state, decided_at) of a line; None for a part that it lacks."""
    return line.get("state"), line.get("decided_at")
