"""The schema of notifications: whom alerts notify, reminders, escalation, inhibition, maintenance."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from alerts.reasons import reason_field
from alerts.records import Severity
from alerts.rules.maintenance import MaintenanceWindow, parse_maintenance
from alerts.rules.schema_fields import Glob, Interval, Name, Route
from core.settings import Section, Span
from core.times import DAY, HOUR


class Matcher(Section):
    """Chooses alerts, for inhibition and maintenance; what is left out matches all."""

    rule: str = "*"
    series: Glob = "**"
    severity: list[Severity] = []


class Inhibition(Section):
    """While an alert of `by` fires, alerts of `what` notify nobody (they are still decided and shown)."""

    by: Matcher
    what: Matcher


class Escalation(Section):
    """Where nobody acknowledges within `after`, the channels `to` are notified too."""

    after: Interval
    to: list[str] = Field(min_length=1)
    severity: Severity = "high"
    """From this severity on."""


class Reminders(Section):
    """Reminders while an alert fires unacknowledged: after `first`, then × `factor`, at most `most` apart."""

    first: Interval = 4 * HOUR
    factor: float = Field(2.0, ge=1, le=10)
    most: Interval = 2 * DAY
    times: int = Field(5, ge=0, le=100)

    @model_validator(mode="after")
    def _check_order(self) -> Reminders:
        if self.most < self.first:
            raise ValueError(
                "`most` is less than `first`: reminders would come closer, not remaining_faults apart"
            )
        return self


class MaintenanceEntry(Section):
    """A time at which alerts that match notify nobody: once (`starts`, `ends`) or each week (`weekly`)."""

    name: Name
    what: Matcher = Matcher()
    starts: str | None = None
    ends: str | None = None
    weekly: str | None = None
    """`Sat 22:00 - Sun 04:00`."""
    timezone: str = "UTC"
    reason: Annotated[str, AfterValidator(reason_field), Field(json_schema_extra={"minLength": 2})]
    """Three characters or more, of which a Chinese one counts as two, as for every action of a person."""

    @model_validator(mode="after")
    def _check_times(self) -> MaintenanceEntry:
        self.window()
        return self

    def window(self) -> MaintenanceWindow:
        """Return the time at which the entry holds."""
        return parse_maintenance(self.starts, self.ends, self.weekly, self.timezone)


class Notify(Section):
    """Whom alerts notify, when, and how often."""

    route: Route = {"default": ["*"]}
    again: Reminders = Reminders()
    escalate: list[Escalation] = []
    most_per_hour: int = Field(60, ge=1, le=10_000)
    """A channel's messages an hour; more are folded into a digest, none is lost."""
    stale_after: Span | None = None
    """An alert decided longer ago than this (a backlog) is kept and not sent; left out: all are sent."""
