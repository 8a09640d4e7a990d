"""The report of a preview: alerts a week, incidents found, false alarms, and what other budgets would mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from alerts.records import AlertLine
from alerts.thresholds.fit import Fit
from backtest.known_incidents import KnownIncident


@dataclass
class RuleReport:
    """What one rule decided in the period."""

    rule: str
    alerts: list[AlertLine] = field(default_factory=list)
    hits: dict[str, int] = field(default_factory=dict)
    """Id of a known incident -> ms from its onset to the decision."""
    beside: int = 0
    """Alerts on something wider while an incident ran: neither hits nor false alarms."""
    false: list[AlertLine] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    """Ids of incidents that must raise no alert and did."""
    threshold: float | None = None
    how: str = ""
    options: list[tuple[float, Fit]] = field(default_factory=list)
    """(budget a week, its fit) for a choice of budgets."""


@dataclass
class PreviewReport:
    """What all rules decided in [start, end), epoch ms."""

    start: int
    end: int
    weeks: float
    """Weeks with data: days on which anything was published, as far as they are in the period, over seven."""
    articles: int
    """Articles in the period."""
    events: list[KnownIncident]
    rules: list[RuleReport]
    before: int = 0
    """Articles before the period, which were only learned from."""

    @property
    def found(self) -> dict[str, int]:
        """Ids of known incidents that any rule found -> the shortest time from onset to decision, ms."""
        best: dict[str, int] = {}
        for report in self.rules:
            for event, took in report.hits.items():
                best[event] = min(took, best.get(event, took))
        return best

    def summary(self) -> dict[str, Any]:
        """Return the figures by name, as JSON values; None where a figure has no base."""
        wanted = [event for event in self.events if event.must_alert]
        alerts = sum(len(report.alerts) for report in self.rules)
        false = sum(len(report.false) for report in self.rules)
        beside = sum(report.beside for report in self.rules)
        found = self.found
        return {
            "weeks": round(self.weeks, 3),
            "articles": self.articles,
            "articles_before": self.before,
            "alerts": alerts,
            "alerts_a_week": _ratio(alerts, self.weeks),
            "incidents": len(wanted),
            "recall": _ratio(len([event for event in wanted if event.id in found]), len(wanted)),
            "precision": _ratio(alerts - false - beside, alerts - beside) if self.events else None,
            "false_alarms_a_week": _ratio(false, self.weeks) if self.events else None,
            "median_delay_s": median(found.values()) / 1000 if found else None,
            "forbidden": sorted({event for report in self.rules for event in report.forbidden}),
        }


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
