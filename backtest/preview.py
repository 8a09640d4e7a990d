"""Previewing rules over history: their alerts, compared with known incidents, and the thresholds of other budgets.

An incident is found by the first alert on its own series (or one of the same company or topic) that is decided between
its onset and its end plus the rule's window. An alert on something wider (a topic, a market) while an incident runs is
`beside`: neither a hit nor a false alarm. All others are false alarms. There is no look-ahead: the desk itself decides.
Alerts on known incidents are disposed as true before the next weekly fit, as a person at the live desk would do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

from alerts.engine.assembly import runners_of
from alerts.engine.rule_runner import RuleRunner
from alerts.records import AlertLine
from alerts.rules.model import AnyRule, RuleSet
from alerts.rules.outage_rule import is_outage
from alerts.thresholds.history import StatisticHistory, history_of
from alerts.windows.series import entity_of
from backtest.known_incidents import KnownIncident, related, true_alarms
from backtest.report import PreviewReport, RuleReport
from backtest.run import run
from core.records import Health, ScoredArticle
from core.times import DAY, WEEK, parse_iso

BUDGETS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)


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
    """Run the rules over `records` and report what they decide in [start, end), epoch ms.

    `records`: all history up to `end`, in order of available_at; what lies before `start` is only learned from.
    `events`: the known incidents. Raises LookAhead where `records` are not in order.
    """
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
