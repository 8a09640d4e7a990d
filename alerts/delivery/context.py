"""The context of an alert's change: silences, maintenance, inhibiting alerts, its incident, people's actions.

It is read once for a transaction and gives the facts of the decision in alerts/handling/suppression.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, or_, select

from alerts.handling import silences
from alerts.handling.suppression import SuppressionFacts, SuppressionReason, highest
from alerts.records import Severity
from alerts.rules.model import RuleSet
from alerts.rules.outage_rule import is_outage
from alerts.rules.schema_notify import Matcher
from alerts.windows.globs import glob_regex, matches
from core.store.bulk import batched
from core.tables import alert_lines, alerts, handling, outbox
from core.times import DAY, HOUR, parse_iso


def notified() -> ColumnElement[bool]:
    """Return the condition for rows of the outbox that were or will be sent, by themselves or in a digest."""
    return or_(outbox.c.status.in_(("pending", "sent")), outbox.c.reason == SuppressionReason.DIGEST)


@dataclass
class NotificationContext:
    """As of `now_ms` (wall clock), for one desk."""

    connection: Connection
    desk: str
    rules: RuleSet
    now_ms: int
    notify: bool = True
    _silences: list[silences.Silence] = field(default_factory=list)
    _firing: list[Row[Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._silences = silences.in_force(self.connection, self.desk, self.now_ms)
        if self.rules.file.inhibit:
            self._firing = list(
                self.connection.execute(
                    select(alerts).where(alerts.c.desk == self.desk, alerts.c.state == "firing")
                )
            )

    def facts(
        self,
        event: str,
        alert: str,
        rule: str,
        series: str,
        severity: Severity,
        incident: str,
        decided_at: str,
    ) -> SuppressionFacts:
        """Return the facts of one change, for `decide`. `decided_at`: ISO 8601."""
        if not self.notify:
            return SuppressionFacts(event, severity, notify=False)
        handling_state = self._handling(alert)
        stale_after = self.rules.file.notify.stale_after
        return SuppressionFacts(
            event=event,
            severity=severity,
            stale=stale_after is not None and self.now_ms - parse_iso(decided_at) > stale_after,
            closed_by=str(handling_state.get("closed_by", "")),
            disposition=str(handling_state.get("disposition", "")),
            silence=self._silence(rule, series, severity, alert),
            maintenance=self._maintenance(rule, series, severity),
            inhibited_by=self._inhibitor(alert, rule, series, severity),
            incident=incident,
            notified_in_incident=self._notified_severity(alert, incident)
            or self._notified_recently(alert, rule, series, decided_at),
            was_notified=bool(self.notified_channels(alert)) if event == "resolved" else True,
        )

    def still_suppressed(self, alert: str, rule: str, series: str, severity: Severity) -> bool:
        """Return whether a silence, maintenance or an inhibiting alert is in force; does not query the store."""
        return bool(
            self._silence(rule, series, severity, alert)
            or self._maintenance(rule, series, severity)
            or self._inhibitor(alert, rule, series, severity)
        )

    def notified_channels(self, alert: str) -> list[str]:
        """Return the names of the channels that were or will be notified that this alert fires, sorted."""
        rows = self.connection.execute(
            select(outbox.c.channel)
            .where(
                outbox.c.desk == self.desk,
                outbox.c.alert_id == alert,
                outbox.c.event.in_(("firing", "severity", "reminder", "escalated")),
                notified(),
            )
            .distinct()
        )
        return sorted(rows.scalars())

    def _handling(self, alert: str) -> dict[str, Any]:
        row = self.connection.execute(
            select(handling).where(handling.c.desk == self.desk, handling.c.id == alert)
        ).first()
        if row is None:
            return {}
        state: dict[str, Any] = msgspec.json.decode(row.state or "{}")
        return state | {"disposition": row.disposition}

    def _silence(self, rule: str, series: str, severity: Severity, alert: str) -> str:
        for silence in self._silences:
            if silence.matches(rule, series, severity, alert):
                return f"{silence.id} by {silence.author} ({silence.reason})"
        return ""

    def _maintenance(self, rule: str, series: str, severity: Severity) -> str:
        for entry in self.rules.file.maintenance:
            if _selected(entry.what, rule, series, severity) and entry.window().contains(self.now_ms):
                return f"{entry.name} ({entry.reason})"
        return ""

    def _inhibitor(self, alert: str, rule: str, series: str, severity: Severity) -> str:
        if is_outage(series):  # market alerts and outages do not inhibit each other
            return ""
        for entry in self.rules.file.inhibit:
            if not _selected(entry.what, rule, series, severity):
                continue
            for row in self._firing:
                if is_outage(row.series):
                    continue
                own = row.id == alert or _selected(entry.what, row.rule, row.series, row.severity)
                # An alert that the entry itself selects inhibits nothing: so no two inhibit each other.
                if not own and _selected(entry.by, row.rule, row.series, row.severity):
                    return str(row.id)
        return ""

    def _notified_severity(self, alert: str, incident: str) -> Severity | None:
        """The highest severity notified of the incident's other alerts that still fire."""
        if not incident:
            return None
        others = self.connection.execute(
            select(alerts.c.severity)
            .where(
                alerts.c.desk == self.desk,
                alerts.c.incident == incident,
                alerts.c.id != alert,
                alerts.c.state == "firing",
                alerts.c.id.in_(
                    select(outbox.c.alert_id).where(
                        outbox.c.desk == self.desk,
                        outbox.c.event.in_(("firing", "severity")),
                        notified(),
                    )
                ),
            )
            .distinct()
        )
        return highest(list(others.scalars()))

    def _notified_recently(self, alert: str, rule: str, series: str, decided_at: str) -> Severity | None:
        """Of an immediate rule: the highest severity notified of another article on the same series within an hour of
        it, or of another revision of the same article within a day.

        Every article is an alert of its own there; the tenth report of one piece of news is no tenth message. Before
        or after does not matter: a batch does not always come in the order of time.
        """
        if rule not in {one.id for one in self.rules.immediate}:
            return None
        at = parse_iso(decided_at)
        notifications = select(outbox.c.alert_id).where(
            outbox.c.desk == self.desk, outbox.c.event == "firing", notified()
        )
        query = select(alerts.c.id, alerts.c.severity, alerts.c.onset).where(
            alerts.c.desk == self.desk, alerts.c.rule == rule, alerts.c.series == series, alerts.c.id != alert,
            alerts.c.onset > at - DAY, alerts.c.onset < at + DAY, alerts.c.id.in_(notifications),
        )  # fmt: skip
        near = self.connection.execute(query).all()
        far = [row.id for row in near if abs(row.onset - at) >= HOUR]
        same = self._of_one_article(alert, far) if far else set()
        return highest([row.severity for row in near if abs(row.onset - at) < HOUR or row.id in same])

    def _of_one_article(self, alert: str, others: list[str]) -> set[str]:
        """Which of the others rest on the same articles as `alert`."""
        lines = alert_lines.c
        query = select(lines.id, lines.line).where(lines.desk == self.desk, lines.state == "firing")
        articles_of: dict[str, list[str]] = {}
        for chunk in batched([alert, *others]):
            for name, line in self.connection.execute(query.where(lines.id.in_(chunk))):
                articles_of[name] = msgspec.json.decode(line)["article_ids"]
        return {
            name for name in others if alert in articles_of and articles_of.get(name) == articles_of[alert]
        }


def _selected(matcher: Matcher, rule: str, series: str, severity: Severity) -> bool:
    return (
        matches(matcher.rule, rule)
        and glob_regex(matcher.series).fullmatch(series) is not None
        and (not matcher.severity or severity in matcher.severity)
    )
