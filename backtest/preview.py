"""What rules would have done over history: alerts a week, against a list of known incidents, and what budgets would do.

An incident is found by the first alert on its own series (or one of the same company or topic) that is decided between
its onset and its end plus the rule's window. An alert on something wider (a topic, a market) while an incident runs is
`beside`: neither a hit nor a false alarm. All others are false alarms. No look-ahead: the desk itself decides.
Alerts on known incidents are disposed as true before the next weekly fit, as a reader of the live desk would do.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from alerts.engine.rule_runner import RuleRunner
from alerts.records import AlertLine
from alerts.rules.model import AnyRule, RuleSet
from alerts.rules.outage_rule import is_outage
from alerts.storage.worker import runners_of
from alerts.thresholds import budget as budgets
from alerts.windows.series import base_of, check_glob, entity_of, topic_of
from backtest.run import run
from core.errors import ConfigError
from core.records import TOPICS, Health, ScoredArticle
from core.times import DAY, WEEK, parse_iso
from core.yamlfile import nearest

BUDGETS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Event:
    """A known incident. `must_alert` false: one that must raise no alert (a rumour)."""

    id: str
    series: str
    onset: int
    end: int
    must_alert: bool = True
    kind: str = ""


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
    options: list[tuple[float, budgets.Fit]] = field(default_factory=list)
    """(budget a week, what it would mean) for a choice of budgets."""


@dataclass
class Report:
    """All rules over [start, end)."""

    start: int
    end: int
    weeks: float
    """Weeks with data: of the days on which anything was published, what lies within, over seven."""
    articles: int
    """In the period; `before`: those that only taught."""
    events: list[Event]
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


def read_events(path: Path) -> list[Event]:
    """events.csv: id, series, onset, and perhaps end, must_alert, kind. Raises ConfigError with the line."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = {"series", "onset"} - set(reader.fieldnames or ())
            if missing:
                raise ConfigError(
                    f"{path}:1: no column {', '.join(sorted(missing))} (expected id, series, onset, end)"
                )
            return [_event(row, path, number) for number, row in enumerate(reader, start=2)]
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start})") from error


def _event(row: dict[str, str | None], path: Path, line: int) -> Event:
    try:
        onset = parse_iso((row["onset"] or "").strip())
        end = parse_iso(row["end"].strip()) if row.get("end") else onset + DAY  # type: ignore[union-attr]
    except ValueError as error:
        raise ConfigError(f"{path}:{line}: {error}") from error
    if end < onset:
        raise ConfigError(f"{path}:{line}: the incident ends before it begins")
    wanted = (row.get("must_alert") or "true").strip().lower() not in ("false", "0", "no")
    name = row.get("id") or f"line {line}"
    return Event(name, _series(row["series"], f"{path}:{line}"), onset, end, wanted, row.get("kind") or "")


def _series(text: str | None, where: str) -> str:
    """The series of an incident: one that alerts can have, else it would be missed whatever the rules."""
    series = (text or "").strip()
    topic = topic_of(series)
    if topic and topic not in TOPICS:
        close = nearest(topic, list(TOPICS)) or f"; known: {', '.join(TOPICS)}"
        raise ConfigError(f"{where}: no topic is called {topic!r}{close}")
    try:
        if set("*?{}") & set(series):
            raise ValueError
        return check_glob(series)
    except ValueError:
        raise ConfigError(
            f"{where}: expected all, topic:…, entity:COUNTRY:TICKER or source:…, got {series[:80]!r}"
        ) from None


def preview(
    records: Iterator[ScoredArticle],
    rules: RuleSet,
    *,
    start: int,
    end: int,
    pane_ms: int,
    lateness_ms: int,
    events: Sequence[Event] = (),
    progress: Callable[[int], None] | None = None,
    health: Iterable[Health] = (),
) -> Report:
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
    return Report(start, end, within / WEEK, own, inside, list(reports.values()), len(before))


def true_alarms(
    events: Sequence[Event], windows: Mapping[str, int], lines: Sequence[AlertLine]
) -> dict[str, list[tuple[str, int, int]]]:
    """What a reader who knows the incidents calls true, as of these lines: rule -> (series, from, to).

    Of alerts that fired, only: an incident that no rule found is disposed by nobody.
    """
    ended = {line.id: parse_iso(line.decided_at) for line in lines if line.state == "resolved"}
    found: dict[str, dict[str, tuple[str, int, int]]] = {}
    for line in lines:
        at, onset = parse_iso(line.decided_at), parse_iso(line.onset)
        if line.state == "firing" and any(
            event.must_alert
            and event.onset <= at <= event.end + windows.get(line.rule, 0)
            and related(event.series, line.series)
            for event in events
        ):
            found.setdefault(line.rule, {})[line.id] = (line.series, onset, ended.get(line.id, onset))
    return {rule: list(alarms.values()) for rule, alarms in found.items()}


def _place(report: RuleReport, line: AlertLine, events: Sequence[Event], window_ms: int) -> None:
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


def related(one: str, other: str) -> bool:
    """Whether two series are of the same company, else of the same topic, source or all."""
    if entity_of(one) or entity_of(other):
        return entity_of(one) == entity_of(other)
    if topic_of(one) or topic_of(other):
        return topic_of(one) == topic_of(other)
    return base_of(one) == base_of(other)


def _options(report: RuleReport, runner: RuleRunner, at: int, pane_ms: int) -> None:
    if runner.budget is None:
        report.threshold, report.how = runner.rule.threshold, "fixed"
        return
    fit = runner.budget.fit(at)
    report.threshold, report.how = fit.threshold, fit.method
    state = runner.budget.dump()
    for wanted in sorted({*BUDGETS, runner.rule.budget_per_week}):
        other = budgets.make(replace(runner.rule, budget_per_week=wanted), pane_ms)
        other.load(state)
        made = other.fit(at)
        if math.isfinite(made.threshold):
            report.options.append((wanted, made))
