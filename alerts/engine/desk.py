"""The desk: scored articles in, panes, findings and alerts out. A state machine without clock or I/O.

    add(article) / on_marker(marker) / on_health(health)  ->  advance()  ->  effects()

Story -> Window (pane_closer.py) and Detect -> Decide (evaluator.py) happen when a pane closes, on its contents sorted
by (available_at, id, revision), in order of time; a pane closes when the watermark passes its end. So arrival order
within the allowed lateness, batch size and restarts cannot matter. Empty stretches cost nothing: time moves from one
event to the next. At one moment, in this order: the health of sources, the pane that ends, a weekly fit, the
evaluations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.engine.duplicates import RevisionDeduplicator
from alerts.engine.effects import Effects, NewFit
from alerts.engine.evaluator import Evaluator
from alerts.engine.feedback import AlarmFeedback
from alerts.engine.immediate import Immediate
from alerts.engine.open_panes import OpenPanes
from alerts.engine.outages import Outages
from alerts.engine.pane_closer import PaneCloser
from alerts.engine.plan import EvaluationPlan
from alerts.engine.rule_runner import RuleRunner
from alerts.engine.schedule import ceil_to
from alerts.engine.source_coverage import SourceCoverage
from alerts.engine.watermark import NEVER, Watermark
from alerts.engine.window_reader import WindowReader
from alerts.rules.model import RuleSet
from alerts.stories.book import StoryBook
from alerts.stories.entry import Entry, entry_of
from alerts.windows.recent_panes import RecentPanes
from core.records import Health, Marker, ScoredArticle
from core.times import DAY, WEEK

MONDAY = 4 * DAY
"""1970-01-01 was a Thursday: weeks begin four days after the epoch."""


class Desk:
    """A set of rules over one stream.

    `runners`: one per window rule, in the rule set's order. `stories`, `windows`: empty ones where left out.
    """

    def __init__(
        self,
        rules: RuleSet,
        runners: list[RuleRunner],
        watermark: Watermark,
        pane_ms: int,
        stories: StoryBook | None = None,
        windows: RecentPanes | None = None,
    ) -> None:
        self.rules, self.runners, self.watermark = rules, runners, watermark
        self.pane_ms, self.lateness_ms = pane_ms, watermark.lateness_ms
        self.closed = NEVER
        """Everything before this (epoch ms) is decided."""
        self.stories = stories or StoryBook()
        self.windows = windows if windows is not None else RecentPanes()
        self.plan = EvaluationPlan(runners, pane_ms)
        self.coverage = SourceCoverage()
        self.deduplicator = RevisionDeduplicator()
        self.immediate = Immediate(rules.immediate, pane_ms, watermark.lateness_ms)
        self.outages = Outages(rules.outages)
        reader = WindowReader(runners, self.windows, self.coverage)
        self.evaluator = Evaluator(runners, self.windows, self.plan, reader, watermark.lateness_ms)
        self._closer = PaneCloser(
            self.stories, self.windows, self.plan, reader, self.deduplicator, self.coverage, self.immediate
        )
        self._open = OpenPanes(pane_ms)
        self._next_fit = NEVER
        self._feedback = AlarmFeedback()
        self._effects = Effects()
        self._trusted: dict[str, int] = {}
        by_name = any("/topic:" in glob or "**" in glob for runner in runners for glob in runner.rule.series)
        self._wanted = self._asked_for if by_name else None

    # -- taking in

    def entry(self, scored: ScoredArticle) -> Entry:
        """Return the entry of an article: what the panes, stories and windows of this desk need of it."""
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
        """Add an article that was not seen before; return `open` (its pane is still to close) or `late`."""
        entry = self.entry(scored)
        self.immediate.add(scored, self.watermark.furthest, self._effects)
        if self.is_late(entry.at):
            self._effects.late.append((entry, self.stories.find(entry)))
            return "late"
        self.buffer(entry)
        return "open"

    def is_late(self, at: int) -> bool:
        """Return whether the pane that holds `at` (epoch ms) is closed, or closes with the next `advance`."""
        return self._open.start_of(at) + self.pane_ms <= max(self.watermark.at, self.closed)

    def buffer(self, entry: Entry) -> None:
        """Hold an article until its pane closes."""
        self._open.add(entry)

    def on_marker(self, partition: int, marker: Marker) -> None:
        """Record that a writer has delivered everything up to `marker.t` on this partition."""
        self.watermark.on_marker(partition, marker)

    def on_health(self, health: Health) -> None:
        """Apply a source's health report: to the coverage of windows, and to the outage rules."""
        self.coverage.on_health(health)
        self.outages.on_health(health, self._effects)

    @property
    def fit_is_due(self) -> bool:
        """Whether the next `advance` may make a weekly fit: call `set_feedback` with the newest feedback before it."""
        return self._next_fit <= self.watermark.at

    def set_feedback(self, feedback: AlarmFeedback) -> None:
        """Set the alarms that people confirmed, and their echoes; the fits from now on use them."""
        self._feedback = feedback

    # -- moving on

    def advance(self, articles: int = 5_000) -> bool:
        """Process the moments up to the watermark, about `articles` articles at most; return whether more are due."""
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
        """Number of panes that hold articles and are not closed."""
        return len(self._open)

    def effects(self) -> Effects:
        """Return what happened or changed since the last call, for the store; the next call starts again from none."""
        effects, self._effects = self._effects, Effects()
        for runner in self.runners:
            if (snapshot := runner.threshold.snapshot(self.closed)) is not None:
                effects.budgets[runner.key] = snapshot
            if (timers := runner.timers.changed()) is not None:
                effects.timers[runner.key] = timers
            if state := runner.changed_state():
                effects.detectors[runner.key] = state
        effects.stories = self.stories.changed()
        return effects

    # -- one moment of event time

    def _next(self) -> int | None:
        times = [] if self._open.next_end is None else [self._open.next_end]
        for schedule in (self.plan.evaluations, self.evaluator.timers):
            if (due := schedule.next) is not None:
                times.append(due)
        if (due := self.immediate.next) is not None:
            times.append(max(due, self.closed))
        if self._next_fit > NEVER:
            times.append(self._next_fit)
        return min(times) if times else None

    def _moment(self, at: int) -> int:
        """All that happens at `at`; returns how many articles and evaluations that was."""
        self.coverage.until(at)
        self.immediate.until(at, self._effects)
        decided = self._close(at - self.pane_ms) if self._open.next_end == at else 0
        if self._next_fit == NEVER:
            self._next_fit = ceil_to(at - MONDAY, WEEK) + MONDAY
        if self._next_fit <= at:
            self._fit(self._next_fit)
            self._next_fit += -(-(at + 1 - self._next_fit) // WEEK) * WEEK
        return decided + self.evaluator.evaluate_due(at, self._effects)

    def _close(self, start: int) -> int:
        contents = self._open.contents(start)
        if contents and not self.stories.looked_up(contents[0]):
            self.stories.look_up(self._open.coming(start, contents, self.watermark.at))
        self._open.drop(start)
        self._closer.close(start, start + self.pane_ms, contents, self._effects)
        return len(contents)

    def _fit(self, at: int) -> None:
        for runner in self.runners:
            true_alarms = self._feedback.true_alarms.get(runner.rule.id, ())
            fit = runner.threshold.refit(at, true_alarms, self._feedback.echoes)
            if fit is not None:
                self._effects.fits.append(NewFit(runner.key, at + DAY, fit.version, fit.to_json(), fit.basis))

    # -- restarts

    def dump(self) -> Mapping[str, Any]:
        """Return the desk's own state as msgpack can carry it; the rest follows from the effects and the articles."""
        return {
            "watermark": self.watermark.dump(),
            "unread": self.coverage.dump(),
            "incidents": self.evaluator.incidents.dump(),
            "outages": self.outages.dump(),
            "next_fit": self._next_fit,
            "closed": self.closed,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore what `dump` returned. Raises KeyError where a part is missing."""
        self.closed, self._next_fit = state["closed"], state["next_fit"]
        self.watermark.load(state["watermark"])
        self.coverage.load(state["unread"])
        self.evaluator.incidents.load(state["incidents"])
        self.outages.load(state.get("outages", {}))

    def restore_schedule(self, panes: Iterable[tuple[str, int]]) -> None:
        """Restore the planned evaluations from panes (series, start in epoch ms) and the runners' timers."""
        for series, start in panes:
            self.plan.again(series, start, after=self.closed)
        for number, runner in enumerate(self.runners):
            runner.resume(self.closed)
            for series, due in runner.timers.due.items():
                self.evaluator.timers.add(due, number, series)
