"""One change of an alert: its evidence pack checked against what the store has, and a change without a pack.

Compared are the store's line, articles, scores, rule set and fit, and the audit log, which has every change with the
hash of its pack (alerts/delivery/enqueue.py): an edit of one of them is found by the others. The log's own chain is
checked by `newsquake audit verify`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from alerts.evidence import schema
from alerts.evidence.verify.audit_log import logged_changes, matching_change
from alerts.evidence.verify.checks import Check, guarded
from alerts.evidence.verify.comparison import compare, json_object
from alerts.evidence.verify.stored_articles import article_checks
from alerts.evidence.verify.stored_rule import fit_check, stored_rule_checks
from core.times import iso


def store_checks(connection: Connection, desk: str, row: Row[Any], pack: schema.Pack) -> list[Check]:
    """Return checks of the pack against the store. `row`: the change's, of `alert_lines`. Raises StoreUnavailable."""
    return guarded("what the store has", _store_checks(connection, desk, row, pack))


def _store_checks(connection: Connection, desk: str, row: Row[Any], pack: schema.Pack) -> Iterator[Check]:
    yield _line(row, pack)
    if pack.line.state != "pending":  # the log has no pending changes: they notify nobody
        yield _logged(logged_changes(connection, desk, row.id), pack)
    yield from article_checks(connection, desk, pack)
    yield from stored_rule_checks(connection, desk, pack)
    if pack.window and pack.rule.get("threshold") is None:
        yield fit_check(connection, desk, pack)


def bare_checks(connection: Connection, desk: str, row: Row[Any]) -> list[Check]:
    """Return checks of a change without a pack: whether it ever had one, and its line against the audit log's."""
    return guarded("what the store has", _bare_checks(connection, desk, row))


def _bare_checks(connection: Connection, desk: str, row: Row[Any]) -> Iterator[Check]:
    line = json_object(row.line)
    columns = {"id": row.id, "state": row.state, "severity": row.severity, "decided_at": iso(row.decided_at)}
    detail = {name: line.get(name) for name in columns}
    yield compare("stored line", detail, columns, "as its columns have it", ("it says", "its columns"))
    entry = matching_change(logged_changes(connection, desk, row.id), line)
    if made := str((entry or {}).get("evidence") or ""):
        yield Check(
            "evidence pack", "differs", f"the audit log has one of this change ({made}), the store none"
        )
    elif row.state != "resolved":
        yield Check(
            "evidence pack", "differs", "the store has none; only where a rule is gone an alert ends without"
        )
    else:
        unknown = "none is kept of this change (where a rule is gone, its alerts end without one)"
        yield Check("evidence pack", "unknown", unknown)
    if entry is not None:
        who = ("the stored line says", "the log")
        yield compare("audit log", line, entry["line"], "it has this line", who)
    elif row.state != "pending":
        yield Check("audit log", "unknown", "it has no such change of this alert")


def _line(row: Row[Any], pack: schema.Pack) -> Check:
    given: dict[str, Any] = msgspec.to_builtins(pack.line)
    found = {**json_object(row.line), "(id)": row.id, "(state)": row.state, "(severity)": row.severity}
    found["(decided_at)"] = iso(row.decided_at)
    wanted = {**given, **{f"({name})": given[name] for name in ("id", "state", "severity", "decided_at")}}
    return compare("stored line", wanted, found, "the line of alerts.jsonl is the pack's")


def _logged(entries: Sequence[dict[str, Any]], pack: schema.Pack) -> Check:
    line: dict[str, Any] = msgspec.to_builtins(pack.line)
    if not entries:
        return Check("audit log", "unknown", "it has no change of this alert")
    entry = matching_change(entries, line)
    if entry is None:
        return Check("audit log", "differs", f"it knows no change to {line['state']} at {line['decided_at']}")
    given, found = {**line, "evidence": pack.hash}, {**entry["line"], "evidence": entry.get("evidence")}
    fine = "it has this line and this pack's hash"
    return compare("audit log", given, found, fine, ("the pack says", "the log"))
