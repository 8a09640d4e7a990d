"""What rules would have done over history: alerts a week, against a list of known incidents, and what budgets would do.

An incident is found by the first alert on its own series (or one of the same company or topic) that is decided between
its onset and its end plus the rule's window. An alert on something wider (a topic, a market) while an incident runs is
`beside`: neither a hit nor a false alarm. All others are false alarms. No look-ahead: the desk itself decides.
Alerts on known incidents are disposed as true before the next weekly fit, as a reader of the live desk would do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import median
from typing import Any, cast

from alerts.engine.assembly import runners_of
from alerts.engine.rule_runner import RuleRunner
from alerts.records import AlertLine
from alerts.rules.model import AnyRule, RuleSet
from alerts.rules.outage_rule import is_outage
from alerts.thresholds.fit import Fit
from alerts.thresholds.history import StatisticHistory, history_of
from alerts.windows.series import entity_of
from backtest.known_incidents import KnownIncident, related, true_alarms
from backtest.run import run
from core.records import Health, ScoredArticle
from core.times import DAY, WEEK, parse_iso

BUDGETS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)


@dataclass
class RuleReport:
    """One rule over the period. `hits`: event id -> ms from its onset to the decision."""

    rule: str
    alerts: list[AlertLine] = field(default_factory=list)
    hits: dict[str, int] = field(default_factory=dict)
    beside: int = 0
    false: list[AlertLine] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    """Events that must not alert and did."""
    threshold: float | None = None
    how: str = ""
    options: list[tuple[float, Fit]] = field(default_factory=list)
    """(budget a week, what it would mean) for a choice of budgets."""


@dataclass
class PreviewReport:
    """All rules over [start, end)."""

    start: int
    end: int
    weeks: float
    """Weeks with data: of the days on which anything was published, what lies within, over seven."""
    articles: int
    """In the period; `before`: those that only taught."""
    events: list[KnownIncident]
    rules: list[RuleReport]
    before: int = 0

    @property
    def found(self) -> dict[str, int]:
        """Events that any rule found, with the shortest time to a decision in ms."""
        best: dict[str, int] = {}
        for report in self.rules:
            for event, took in report.hits.items():
                best[event] = min(took, best.get(event, took))
        return best

    def summary(self) -> dict[str, Any]:
        """The figures, as plain data."""
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


def preview(
    records: Iterator[ScoredArticle],
    rules: RuleSet,
    *,
    start: int,
    end: int,
    pane_ms: int,
    lateness_ms: int,
    events: Sequence[KnownIncident] = (),
    progress: Callable[[int], None] | None = None,
    health: Iterable[Health] = (),
) -> PreviewReport:
    """Run the rules over `records` (all history up to `end`; what lies before `start` only teaches)."""
    days: set[int] = set()
    before: set[tuple[str, str]] = set()
    kept: list[RuleRunner] = []

    def counted() -> Iterator[ScoredArticle]:
        for record in records:
            if start <= record.article.available_at < end:
                days.add(record.article.available_at // DAY)
            elif record.article.available_at < start:
                before.add((record.article.id, record.article.revision))
            yield record

    def make_runners(of: RuleSet, pane: int) -> list[RuleRunner]:
        kept.extend(runners_of(of, pane))
        return kept

    result = run(
        counted(),
        rules,
        pane_ms=pane_ms,
        lateness_ms=lateness_ms,
        progress=progress,
        make_runners=make_runners,
        health=health,
        reader=partial(true_alarms, events, {rule.id: rule.window_ms for rule in rules.rules}),
    )
    every: list[AnyRule] = [*rules.rules, *rules.immediate, *rules.outages]
    reports = {rule.id: RuleReport(rule.id) for rule in every}
    windows = {rule.id: rule.window_ms for rule in rules.rules}
    begun: set[str] = set()
    inside = [event for event in events if start <= event.onset < end]
    for line in sorted(result.lines, key=lambda one: (one.decided_at, one.id)):
        if line.state != "firing" or line.id in begun or not start <= parse_iso(line.onset) < end:
            continue
        begun.add(line.id)
        _place(reports[line.rule], line, inside, windows.get(line.rule, 0))
    for runner in kept:
        _options(reports[runner.rule.id], runner, end, pane_ms)
    within = sum(min(end, (day + 1) * DAY) - max(start, day * DAY) for day in days)
    own = result.articles - len(before)
    return PreviewReport(start, end, within / WEEK, own, inside, list(reports.values()), len(before))


def _place(report: RuleReport, line: AlertLine, events: Sequence[KnownIncident], window_ms: int) -> None:
    report.alerts.append(line)
    if is_outage(line.series):  # of a source, not of news: neither an incident found nor a false alarm
        return
    at = parse_iso(line.decided_at)
    running = [event for event in events if event.onset <= at <= event.end + window_ms]
    own = [event for event in running if related(event.series, line.series)]
    for event in own:
        if event.must_alert:
            report.hits.setdefault(event.id, at - event.onset)
        else:
            report.forbidden.append(event.id)
    if any(event.must_alert for event in own):
        return
    if not own and any(event.must_alert for event in running) and not entity_of(line.series):
        report.beside += 1
    else:
        report.false.append(line)


def _options(report: RuleReport, runner: RuleRunner, at: int, pane_ms: int) -> None:
    history = cast(StatisticHistory | None, runner.threshold.budget)
    if history is None:
        report.threshold, report.how = runner.rule.threshold, "fixed"
        return
    fit = history.fit(at)
    report.threshold, report.how = fit.threshold, fit.method
    state = history.dump()
    for wanted in sorted({*BUDGETS, runner.rule.budget_per_week}):
        other = history_of(replace(runner.rule, budget_per_week=wanted), pane_ms)
        other.load(state)
        made = other.fit(at)
        if math.isfinite(made.threshold):
            report.options.append((wanted, made))
