"""Writing alerts that changed, and each change with its line and its evidence pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, delete

from alerts.engine.desk import Desk
from alerts.engine.effects import Effects
from alerts.lifecycle.alert import Alert
from alerts.records import AlertLine
from alerts.storage.alert_packs import make_pack
from core import tables
from core.store.bulk import batched, insert_absent_many, upsert_many
from core.times import parse_iso


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """A change of an alert as it was written: notifications are made of it (alerts/delivery/enqueue.py)."""

    line: AlertLine
    incident: str
    """Id of its incident; empty: none."""
    pack: bytes
    """Its evidence pack, JSON; empty where an alert ended because its rule is gone."""

    def row(self, desk: str) -> dict[str, Any]:
        """Return the row of `alert_lines`."""
        return {
            "desk": desk,
            "decided_at": parse_iso(self.line.decided_at),
            "id": self.line.id,
            "state": self.line.state,
            "severity": self.line.severity,
            "line": msgspec.json.encode(self.line).decode(),
            "evidence": self.pack,
        }


def alert_row(name: str, alert: Alert) -> dict[str, Any]:
    """Return the alert's row of `alerts`. `name`: the desk's."""
    return {
        "desk": name,
        "id": alert.id,
        "rule": alert.rule,
        "rule_version": alert.rule_version,
        "series": alert.series,
        "state": alert.state,
        "severity": alert.severity,
        "onset": alert.onset,
        "fired_at": alert.fired_at,
        "resolved_at": alert.resolved_at,
        "fired": alert.fired_at is not None,
        "incident": alert.incident,
        "state_data": msgspec.msgpack.encode(alert),
    }


def save_alerts(connection: Connection, name: str, desk: Desk, effects: Effects) -> list[RecordedChange]:
    """Write alerts that changed, delete pending ones that lapsed, and write each change with its pack; return these."""
    upsert_many(connection, tables.alerts, [alert_row(name, alert) for alert in effects.alerts.values()])
    alerts = tables.alerts.c
    for chunk in batched(sorted(effects.gone)):
        connection.execute(
            delete(tables.alerts).where(alerts.desk == name, alerts.id.in_(chunk), alerts.fired.is_(False))
        )
    changes = [
        RecordedChange(change.line, change.incident, make_pack(connection, name, desk, change))
        for change in effects.changes
    ]
    insert_absent_many(connection, tables.alert_lines, [change.row(name) for change in changes])
    return changes
