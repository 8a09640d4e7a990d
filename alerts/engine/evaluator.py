"""Detect and Decide: a series' window is judged by a rule's detector, and the alert of that series moves."""

from __future__ import annotations

from alerts.engine.effects import Change, Effects, Finding
from alerts.engine.plan import EvaluationPlan
from alerts.engine.rule_runner import EvaluationResult, RuleRunner
from alerts.engine.schedule import Schedule
from alerts.engine.window_reader import WindowReader
from alerts.lifecycle.alert_line import line_of
from alerts.lifecycle.incidents import Incidents, group_of
from alerts.records import Severity, State, Window
from alerts.windows.recent_panes import RecentPanes

Due = list[tuple[int, str]]
"""(number of the rule, series)"""


class Evaluator:
    """Evaluations of one moment: rules in their order, series by name."""

    def __init__(
        self,
        runners: list[RuleRunner],
        windows: RecentPanes,
        plan: EvaluationPlan,
        reader: WindowReader,
        lateness_ms: int,
    ) -> None:
        self.runners, self.windows, self.plan, self.reader = runners, windows, plan, reader
        self.timers = Schedule()
        """Evaluations due though nothing comes."""
        self.incidents = Incidents()
        self._lateness_ms = lateness_ms
        self._comparing = frozenset(n for n, runner in enumerate(runners) if runner.compares_series)

    def evaluate_due(self, at: int, effects: Effects) -> int:
        """Evaluate all that is due at `at` (epoch ms); returns how many were due."""
        due = self._due(at)
        if self._comparing:
            self._gather(at, due)
        for number, series in due:
            self._evaluate(at, number, series, effects)
        return len(due)

    def _due(self, at: int) -> Due:
        due = self.plan.evaluations.pop() if self.plan.evaluations.next == at else []
        if self.timers.next == at:
            rung = self.timers.pop()
            due += [
                (number, series)
                for number, series in rung
                if self.runners[number].timers.due.get(series) == at
            ]
            due = sorted(set(due))
        return due

    def _gather(self, at: int, due: Due) -> None:
        """Series that are compared with one another get this moment's news before the first of them is judged."""
        for number, series in due:
            if number not in self._comparing:
                continue
            runner = self.runners[number]
            if at % runner.hop_ms == 0 and not self.reader.idle(at, runner, series):
                runner.detector.gather(*self.reader.shared(at, series, runner))

    def _evaluate(self, at: int, number: int, series: str, effects: Effects) -> None:
        runner = self.runners[number]
        found = self.reader.read(at, number, series, self.plan.interest(series))
        if found is None:
            return
        window, hop = found
        evidence = runner.has_evidence(window, self.windows)
        if runner.may_skip(series, evidence, hop):
            return
        result = runner.evaluate(at, window, hop, evidence)
        if result.evaluation.enough:  # a budget is its snapshot and these, so nothing else may stand here
            verdict, breach = result.evaluation.verdict, result.evaluation.breach
            effects.findings.append(Finding(runner.rule.id, window, verdict, breach))
        if result.lapsed is not None:
            effects.alerts.pop(result.lapsed.id, None)
            effects.gone.add(result.lapsed.id)
        if result.alert is not None:
            self._record(runner, result, effects)
        if (due := runner.set_timer(series, at)) is not None:
            self.timers.add(due, number, series)

    def _record(self, runner: RuleRunner, result: EvaluationResult, effects: Effects) -> None:
        alert, evaluation = result.alert, result.evaluation
        assert alert is not None
        effects.alerts[alert.id] = alert
        if alert.began is not None and evaluation.at == alert.onset:
            alert.began.articles = self._inside(evaluation.window)
            alert.began.left = self._left(runner, result.hop)
        if not result.changes:
            return
        if result.changes[-1] == "firing" and not alert.incident:
            group = group_of(alert.rule, alert.series, runner.rule.group_by, runner.rule.sectors)
            alert.incident = self.incidents.join(group, alert.id, evaluation.at)
        for state in result.changes:
            began = alert.began
            if state == "pending" and began is not None:  # as it was known then, not now
                alert.began = None
                onset = EvaluationResult(began.evaluation, began.hop, alert, None, [state], began.prior)
                self._change(runner, onset, state, began.severity, began.articles, began.left, effects)
            else:
                inside, left = self._inside(evaluation.window), self._left(runner, result.hop)
                self._change(runner, result, state, alert.severity, inside, left, effects)

    def _change(
        self,
        runner: RuleRunner,
        result: EvaluationResult,
        state: State,
        severity: Severity,
        inside: list[tuple[str, str]],
        left: list[tuple[str, str]] | None,
        effects: Effects,
    ) -> None:
        alert, evaluation = result.alert, result.evaluation
        assert alert is not None
        ids = sorted({article for article, _ in inside})
        line = line_of(alert, state, severity, evaluation, ids, self._lateness_ms)
        effects.changes.append(Change(line, evaluation.at, alert.incident, runner, result, inside, left=left))

    def _inside(self, window: Window) -> list[tuple[str, str]]:
        """(article, story) of what the window holds."""
        return [
            (o.article, o.story) for o in self.windows.observations(window.series, window.start, window.end)
        ]

    def _left(self, runner: RuleRunner, hop: Window) -> list[tuple[str, str]] | None:
        """The same of a hop that the window does not hold; None: it holds it."""
        return self._inside(hop) if runner.learns_after_leaving else None
