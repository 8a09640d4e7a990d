"""From a change of an alert to rows of the outbox, in the transaction that decided the change.

The rule's route gives the channels; alerts/handling/suppression.py decides whether the notification is sent (silences,
maintenance, inhibition ...). What is not sent is stored as `withheld`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec
from sqlalchemy import Connection, select

from alerts.delivery import content, outbox
from alerts.delivery.channels.registry import channel_names
from alerts.delivery.context import NotificationContext
from alerts.evidence.vocabulary import SEVERITY, pick
from alerts.handling import actions as handling
from alerts.handling import audit
from alerts.handling.suppression import SuppressionReason, decide, withheld_text
from alerts.records import AlertLine, Severity
from alerts.rules.model import RuleSet
from core.settings import Settings
from core.tables import alert_lines
from core.times import parse_iso


class AlertChange(Protocol):
    """What is read of alerts/lifecycle/transitions.py's AlertChange."""

    @property
    def line(self) -> AlertLine: ...
    @property
    def incident(self) -> str: ...
    @property
    def pack(self) -> bytes: ...


def routed_channels(rules: RuleSet, rule: str, severity: Severity, configured: Sequence[str]) -> list[str]:
    """Return the configured channels to which an alert of this rule and severity is routed, in their order."""
    try:
        wanted = rules.rule(rule).channels(severity)
    except KeyError:  # the rule is gone from the file; its alert still resolves
        routes = rules.file.notify.route
        wanted = tuple(routes.get(severity, routes.get("default", ["*"])))
    return [name for name in configured if name in wanted or "*" in wanted]


def enqueue_changes(
    connection: Connection,
    settings: Settings,
    rules: RuleSet,
    changes: Iterable[AlertChange],
    *,
    now_ms: int,
    notify: bool = True,
    note: str = "",
) -> int:
    """Enqueue a notification of each change for the channels of its route. Returns how many rows were new.

    With `notify` false (a replay) the rows are withheld. Changes of pending alerts are skipped. `note` is
    added to each notification. Raises ConfigError for bad channel settings.
    """
    changes = [change for change in changes if change.line.state != "pending"]
    if not changes:
        return 0
    context = NotificationContext(connection, settings.alerts.desk, rules, now_ms, notify)
    configured = channel_names(settings)
    return sum(_enqueue_change(context, change, configured, note) for change in changes)


def _enqueue_change(
    context: NotificationContext, change: AlertChange, configured: Sequence[str], note: str
) -> int:
    line, desk, connection = change.line, context.desk, context.connection
    event, before = _event(connection, desk, line)
    facts = context.facts(
        event, line.id, line.rule, line.series, line.severity, change.incident, line.decided_at
    )
    reason = decide(facts)
    channels = routed_channels(context.rules, line.rule, line.severity, configured)
    if event == "resolved" and reason is None:
        channels = [name for name in context.notified_channels(line.id) if name in configured]
    what = content.of(desk, event, line, change.pack, change.incident)
    if note:
        what = msgspec.structs.replace(what, note=note)
    if event == "severity":
        what = msgspec.structs.replace(what, severity_before=before, note=_rise(before, line.severity))
    audit.append(
        connection,
        at=context.now_ms,
        desk=desk,
        actor=f"desk:{desk}",
        action=f"alert.{event}",
        subject=line.id,
        detail={
            "line": msgspec.to_builtins(line),
            "evidence": what.evidence_hash,
            "incident": change.incident,
            "rules": context.rules.version,
            "withheld": withheld_text(reason) if reason else "",
        }
        | ({"note": note} if note else {}),
    )
    if reason is not None and reason[0] is not SuppressionReason.REPLAY:
        handling.record_suppression(connection, desk, line.id, reason[0], facts, context.now_ms)
    return outbox.enqueue(
        connection,
        what,
        channels,
        now_ms=context.now_ms,
        mark=line.severity,
        withheld=reason,
    )


def _event(connection: Connection, desk: str, line: AlertLine) -> tuple[str, str]:
    """The event, and of `severity` the one before: where the alert fired already, at another severity."""
    if line.state != "firing":
        return line.state, ""
    earlier = (
        select(alert_lines.c.severity)
        .where(
            alert_lines.c.desk == desk,
            alert_lines.c.id == line.id,
            alert_lines.c.state == "firing",
            alert_lines.c.decided_at < parse_iso(line.decided_at),
        )
        .order_by(alert_lines.c.decided_at.desc())
    )
    before = connection.execute(earlier.limit(1)).scalar()
    return ("firing", "") if before is None else ("severity", str(before))


def _rise(before: str, now: str) -> str:
    en = f"Its severity rose from {before} to {now}."
    return f"{en} 级别由{pick(SEVERITY, before, 'zh')}升至{pick(SEVERITY, now, 'zh')}。"
