"""The desk: scored articles in, panes, findings and alerts out. A state machine without clock or I/O.

    add(article) / on_marker(marker) / on_health(health)  ->  advance()  ->  effects()

Everything that decides happens when a pane closes, on its contents sorted by (available_at, id, revision), in order of
time; a pane closes when the watermark passes its end. So arrival order within the allowed lateness, batch size and
restarts cannot matter. Empty stretches cost nothing: time moves from one thing that happens to the next.
At one moment, in this order: what sources said of themselves, the pane that ends, a weekly fit, the rules' evaluations.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

from alerts.engine.duplicates import RevisionDeduplicator
from alerts.engine.effects import ArticleOutcome, Change, Effects, Finding, NewFit
from alerts.engine.immediate import Immediate
from alerts.engine.outages import Outages
from alerts.engine.plan import Plan
from alerts.engine.rule_runner import EvaluationResult, RuleRunner
from alerts.engine.schedule import Schedule, ceil_to
from alerts.engine.source_coverage import SourceCoverage
from alerts.engine.watermark import NEVER, Watermark
from alerts.engine.window_reader import WindowReader
from alerts.lifecycle import transitions as lifecycle
from alerts.lifecycle.incidents import Incidents, group_of
from alerts.records import Severity, State, Window
from alerts.rules.model import RuleSet
from alerts.stories.book import StoryBook
from alerts.stories.entry import Entry, entry_of
from alerts.windows.observations import Observation
from alerts.windows.panes import ClosedPane
from alerts.windows.rolling import Windows, measure, renamed
from core.records import Health, Marker, ScoredArticle
from core.times import DAY, WEEK

TOGETHER = 256
"""Articles whose stories are looked up at once, where so many panes are to be closed."""
MONDAY = 4 * DAY
"""1970-01-01 was a Thursday: weeks begin four days after the epoch."""


class Desk:
    """A set of rules over one stream. `runners` one per window rule, in the rule set's order."""

    def __init__(
        self,
        rules: RuleSet,
        runners: list[RuleRunner],
        watermark: Watermark,
        pane_ms: int,
        stories: StoryBook | None = None,
    ) -> None:
        self.rules, self.runners, self.watermark = rules, runners, watermark
        self.pane_ms, self.lateness_ms = pane_ms, watermark.lateness_ms
        self.closed = NEVER
        """Everything before this is decided."""
        self.stories = stories or StoryBook()
        self.windows = Windows()
        self.plan = Plan(runners, pane_ms)
        self.timers = Schedule()
        self.coverage = SourceCoverage()
        self.reader = WindowReader(runners, self.windows, self.coverage)
        self.deduplicator = RevisionDeduplicator()
        self.incidents = Incidents()
        self.immediate = Immediate(rules.immediate, pane_ms, watermark.lateness_ms)
        self.outages = Outages(rules.outages)
        self.next_fit = NEVER
        self.true_alarms: Mapping[str, Sequence[tuple[str, int, int]]] = {}
        """Rule -> (series, from, to) of alerts that people called true: fits leave them out."""
        self._open: dict[int, list[Entry]] = {}
        self._starts: list[int] = []
        self._effects = Effects()
        self._trusted: dict[str, int] = {}
        self._gathering = {n: runner.gather for n, runner in enumerate(runners) if runner.gather is not None}
        for runner in runners:
            runner.within = self.windows.within
        by_name = any("/topic:" in glob or "**" in glob for runner in runners for glob in runner.rule.series)
        self._wanted = self._asked_for if by_name else None

    # -- taking in

    def entry(self, scored: ScoredArticle) -> Entry:
        """The article as this desk counts it."""
        return entry_of(scored, self.rules.watched, self._wanted, self._trust)

    def _trust(self, publisher: str) -> int:
        found = self._trusted.get(publisher)
        if found is None:
            if len(self._trusted) > 100_000:
                self._trusted.clear()
            self._trusted[publisher] = found = self.rules.trust(publisher)
        return found

    def _asked_for(self, series: str) -> bool:
        return bool(self.plan.interest(series))

    def add(self, scored: ScoredArticle) -> str:
        """Take an article that was not seen before; returns its state so far: `open` or `late`."""
        entry = self.entry(scored)
        self.immediate.add(scored, self.watermark.furthest, self._effects)
        if self.is_late(entry.at):
            self._effects.late.append((entry, self.stories.find(entry)))
            return "late"
        self.buffer(entry)
        return "open"

    def is_late(self, at: int) -> bool:
        """Whether the pane of this moment is closed, or bound to close before anything else is taken."""
        return self._pane(at) + self.pane_ms <= max(self.watermark.at, self.closed)

    def buffer(self, entry: Entry) -> None:
        """Keep an article until its pane closes."""
        start = self._pane(entry.at)
        held = self._open.get(start)
        if held is None:
            self._open[start] = held = []
            heapq.heappush(self._starts, start)
        held.append(entry)

    def on_marker(self, partition: int, marker: Marker) -> None:
        """A writer has handed over everything up to `marker.t` on this partition."""
        self.watermark.on_marker(partition, marker)

    def on_health(self, health: Health) -> None:
        """A source says how it is doing."""
        self.coverage.on_health(health)
        self.outages.on_health(health, self._effects)

    # -- moving on

    def advance(self, articles: int = 5_000) -> bool:
        """Close what the watermark allows, about `articles` of them at most; returns whether there is more."""
        goal, taken = self.watermark.at, 0
        self.immediate.reached(self.watermark.furthest, self._effects)
        while (at := self._next()) is not None and at <= goal and taken < articles:
            taken += self._moment(at)
            self._reach(at)
        more = at is not None and at <= goal
        if not more and goal > self.closed:
            self._reach(goal)
        for series, before in self.plan.sweep(self.closed):
            self.windows.forget(series, before)
        return more

    def _reach(self, at: int) -> None:
        before = self.closed if self.closed > NEVER else at - self.pane_ms
        self._effects.slices += at // self.pane_ms - before // self.pane_ms
        self.closed = at

    @property
    def open_panes(self) -> int:
        """Slices of time that hold articles and are not closed."""
        return len(self._open)

    def effects(self) -> Effects:
        """What happened since the last call, for the store."""
        effects, self._effects = self._effects, Effects()
        for runner in self.runners:
            if (snapshot := runner.snapshot(self.closed)) is not None:
                effects.budgets[runner.key] = snapshot
            if (timers := runner.changed_timers()) is not None:
                effects.timers[runner.key] = timers
            if state := runner.changed_state():
                effects.detectors[runner.key] = state
        effects.stories = self.stories.changed()
        return effects

    # -- one moment of event time

    def _pane(self, at: int) -> int:
        return at - at % self.pane_ms

    def _next(self) -> int | None:
        times = [self._starts[0] + self.pane_ms] if self._starts else []
        for schedule in (self.plan.evaluations, self.timers):
            if (due := schedule.next) is not None:
                times.append(due)
        if (due := self.immediate.next) is not None:
            times.append(max(due, self.closed))
        if self.next_fit > NEVER:
            times.append(self.next_fit)
        return min(times) if times else None

    def _moment(self, at: int) -> int:
        self.coverage.until(at)
        self.immediate.until(at, self._effects)
        closed = (
            self._close(at - self.pane_ms) if self._starts and self._starts[0] + self.pane_ms == at else 0
        )
        if self.next_fit == NEVER:
            self.next_fit = ceil_to(at - MONDAY, WEEK) + MONDAY
        if self.next_fit <= at:
            self._fit(self.next_fit)
            self.next_fit += -(-(at + 1 - self.next_fit) // WEEK) * WEEK
        due = self._due(at)
        if self._gathering:
            self._gather(at, due)
        for number, series in due:
            self._evaluate(at, number, series)
        return closed + len(due)

    def _gather(self, at: int, due: list[tuple[int, str]]) -> None:
        """Series that are held against one another hear of this moment's news before the first of them is judged."""
        for number, series in due:
            if (gather := self._gathering.get(number)) is None:
                continue
            runner = self.runners[number]
            if at % runner.hop_ms == 0 and not self.reader.idle(at, runner, series):
                gather(*self.reader.shared(at, series, runner))

    def _due(self, at: int) -> list[tuple[int, str]]:
        """The evaluations due at this moment: rules in their order, series by name."""
        due = self.plan.evaluations.pop() if self.plan.evaluations.next == at else []
        if self.timers.next == at:
            rung = self.timers.pop()
            due += [
                (number, series) for number, series in rung if self.runners[number].timers.get(series) == at
            ]
            due = sorted(set(due))
        return due

    def _close(self, start: int) -> int:
        end = start + self.pane_ms
        heapq.heappop(self._starts)
        contents = sorted(self._open[start], key=_order)
        if contents and not self.stories.looked_up(contents[0]):
            self.stories.look_up(self._coming(start, contents))
        del self._open[start]
        panes: dict[str, list[Observation]] = {}
        for entry in contents:
            if not self.deduplicator.count(entry):
                self._effects.outcomes.append(ArticleOutcome(entry.id, entry.revision, "revision"))
                continue
            story, novelty = self.stories.place(entry)
            self._effects.outcomes.append(ArticleOutcome(entry.id, entry.revision, "counted", story))
            self.immediate.told(entry.id, entry.revision, story, self._effects)
            self.coverage.met(entry.source)
            for series, observation in entry.observations(story, novelty):
                held = panes.get(series)
                if held is None:
                    panes[series] = [observation]
                else:
                    held.append(observation)
        figures: dict[str, Window] = {}
        for series, observations in panes.items():
            base = series.partition("@")[0] if "@" in series else ""
            whole = panes.get(base) if base else None
            if whole is not None and len(whole) == len(observations):
                # All that is said of it is in this language: the same pane under another name.
                window, observations = renamed(figures[base], series), whole
            else:
                window = measure(series, start, end, observations)
            figures[series] = window
            self._effects.panes.append(ClosedPane(window, observations))
            if interest := self.plan.interest(series):
                articles = self.windows.add(series, start, observations)
                self.plan.enter(series, start, interest, articles)
                for number in interest:
                    if self.reader.wants_early(self.runners[number], window, articles):
                        self.plan.evaluations.add(end, number, series)
        return len(contents)

    def _coming(self, start: int, contents: list[Entry]) -> list[Entry]:
        """What this pane holds, and the next ones that are to be closed: some hundred articles at the least, as stories
        are looked up together (what is decided does not hang on with whom)."""
        coming = list(contents)
        for later in sorted(self._starts):
            if len(coming) >= TOGETHER or later + self.pane_ms > self.watermark.at:
                break
            if later > start:
                self._open[later].sort(key=_order)
                coming += self._open[later]
        return coming

    def _fit(self, at: int) -> None:
        for runner in self.runners:
            fit = runner.refit(at, self.true_alarms.get(runner.rule.id, ()))
            if fit is not None:
                self._effects.fits.append(NewFit(runner.key, at + DAY, fit.version, fit.to_json()))

    def _evaluate(self, at: int, number: int, series: str) -> None:
        runner = self.runners[number]
        found = self.reader.read(at, number, series, self.plan.interest(series))
        if found is None:
            return
        window, hop = found
        evidence = runner.has_evidence(window)
        if runner.may_skip(series, evidence, hop):
            return
        result = runner.evaluate(at, window, hop, evidence)
        if result.evaluation.enough:  # the budget is its snapshot and these, so nothing else may stand here
            evaluation = result.evaluation
            self._effects.findings.append(
                Finding(runner.rule.id, window, evaluation.verdict, evaluation.breach)
            )
        if result.lapsed is not None:
            self._effects.alerts.pop(result.lapsed.id, None)
            self._effects.gone.add(result.lapsed.id)
        if result.alert is not None:
            self._record(runner, result)
        if (due := runner.set_timer(series, at)) is not None:
            self.timers.add(due, number, series)

    def _record(self, runner: RuleRunner, result: EvaluationResult) -> None:
        alert, evaluation = result.alert, result.evaluation
        assert alert is not None
        self._effects.alerts[alert.id] = alert
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
                self._say(runner, onset, state, began.severity, began.articles, began.left)
            else:
                inside, left = self._inside(evaluation.window), self._left(runner, result.hop)
                self._say(runner, result, state, alert.severity, inside, left)

    def _say(
        self,
        runner: RuleRunner,
        result: EvaluationResult,
        state: State,
        severity: Severity,
        inside: list[tuple[str, str]],
        left: list[tuple[str, str]] | None,
    ) -> None:
        alert, evaluation = result.alert, result.evaluation
        assert alert is not None
        ids = sorted({article for article, _ in inside})
        line = lifecycle.line_of(alert, state, severity, evaluation, ids, self.lateness_ms)
        self._effects.changes.append(
            Change(line, evaluation.at, alert.incident, runner, result, inside, left=left)
        )

    def _inside(self, window: Window) -> list[tuple[str, str]]:
        """(article, story) of what the window holds."""
        return [(o.article, o.story) for o in self.windows.within(window.series, window.start, window.end)]

    def _left(self, runner: RuleRunner, hop: Window) -> list[tuple[str, str]] | None:
        """The same of a hop that the window does not hold; None: it holds it."""
        return self._inside(hop) if runner.learns_after_leaving else None


def _order(entry: Entry) -> tuple[int, str, str]:
    """How contents of a pane are sorted."""
    return entry.at, entry.id, entry.revision


def restore_schedule(desk: Desk, panes: Iterable[tuple[str, int]]) -> None:
    """Plan again what was planned before a restart, from panes (series, start) and timers."""
    for series, start in panes:
        desk.plan.again(series, start, after=desk.closed)
    for number, runner in enumerate(desk.runners):
        runner.resume(desk.closed)
        for series, due in runner.timers.items():
            desk.timers.add(due, number, series)
