"""One rule at work: its detector, its threshold and its open alerts. Pure; alerts/engine/desk.py says when.

An evaluation judges the window [at - window, at) from the past only, learns the hop (the newest one, or the one that
has just left the window), and moves the alert of that series. Evaluations come in order of time, each series at most
once per grid point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

import msgspec

from alerts.detectors import KINDS, Detector, DetectorContext, make, traits_of
from alerts.detectors.contract import NO_FLOOR
from alerts.engine.rule_threshold import FalseAlarmBudget, RuleThreshold
from alerts.engine.rule_timers import RuleTimers
from alerts.engine.schedule import ceil_to
from alerts.lifecycle.alert import Alert, Evaluation, PendingOnset
from alerts.lifecycle.transitions import step
from alerts.records import State, Verdict, Window
from alerts.rules.model import Rule
from alerts.windows.breadth import broad
from alerts.windows.recent_panes import RecentPanes


class EvaluationResult(msgspec.Struct, frozen=True, gc=False):
    """The result of one evaluation."""

    evaluation: Evaluation
    hop: Window
    alert: Alert | None
    """The series' alert after it; None: there is none."""
    lapsed: Alert | None
    """A pending alert that is gone by it."""
    changes: list[State]
    """The alert's changes that make lines, in order."""
    prior: Mapping[str, bytes]
    """The detector's state before the step, for the evidence; {} where nothing changed."""


def detector_of(rule: Rule, context: DetectorContext) -> Detector:
    """Return a new detector for the rule, given its direction and metric where the kind has such parameters.

    Raises ConfigError for a kind or a parameter that the registry does not know.
    """
    kind = KINDS.get(rule.detector)
    asked = {field.name for field in fields(kind.params)} if kind else set()
    own = {"direction": rule.direction, "metric": rule.metric}
    given = {name: value for name, value in own.items() if name in asked}
    return make(rule.detector, {**given, **rule.params}, context)


class RuleRunner:
    """A rule at work over all series that it covers. `budget`: None where the rule names its threshold."""

    def __init__(
        self,
        rule: Rule,
        pane_ms: int,
        make_detector: Callable[[Rule, DetectorContext], Detector] = detector_of,
        budget: FalseAlarmBudget | None = None,
    ) -> None:
        self.rule = rule
        self.hop_ms = rule.hop_ms(pane_ms)
        self.window_ms = ceil_to(rule.window_ms, pane_ms)
        by_sector = traits_of(rule.detector).by_sector
        self.context = DetectorContext(
            window_ms=self.window_ms, hop_ms=self.hop_ms, sectors=rule.sectors if by_sector else {}
        )
        self.detector = make_detector(rule, self.context)
        traits = self.detector.traits
        self.learns_after_leaving: bool = traits.learns_after_leaving
        self.compares_series: bool = traits.compares_series
        self.evaluates_early: bool = traits.evaluates_early and self.hop_ms > pane_ms
        self._negative_only: bool = traits.negative_only and rule.direction == "up"
        self._outlives_window: bool = traits.outlives_window
        self._detects_absence: bool = traits.detects_absence
        self.threshold = RuleThreshold(rule, budget)
        self.timers = RuleTimers()
        self.alerts: dict[str, Alert] = {}
        """Series -> its open alert."""
        self._changed: set[str] = set()
        """Series whose detector state changed since `changed_state`."""
        self._minimum = rule.min_articles, rule.min_stories, rule.min_publishers
        self._breadth = rule.min_negative_publishers, rule.min_stories_beside_one
        self.min_articles = max(self._minimum)
        """Windows with fewer articles than this cannot hold the evidence that the rule asks for."""

    @property
    def reach_ms(self) -> int:
        """The time before an evaluation whose panes it needs, in milliseconds: a window and a hop."""
        return self.window_ms + self.hop_ms

    @property
    def key(self) -> str:
        """The key of the rule's stored state: `id@version`."""
        return f"{self.rule.id}@{self.rule.version}"

    def wants_early(self, pane: Window) -> bool:
        """Return whether a closed pane could raise the statistic, so that the rule is to be evaluated at once."""
        return self.evaluates_early and (not self._negative_only or pane.negative > 0)

    def may_skip_few(self, series: str) -> bool:
        """Return whether `may_skip` holds for an empty hop and a window of fewer than `min_articles` articles."""
        return not self._detects_absence and series not in self.alerts

    def may_skip(self, series: str, evidence: bool, hop: Window) -> bool:
        """Return whether no evaluation is needed: nothing to learn, nothing that could fire, and no open alert.

        `evidence`: what `has_evidence` returned.
        """
        return hop.articles == 0 and not evidence and series not in self.alerts and not self._detects_absence

    def has_evidence(self, window: Window, windows: RecentPanes) -> bool:
        """Return whether the window holds the rule's minimum of evidence.

        `windows` is read where the rule has a minimum of breadth that the window's figures do not settle.
        """
        articles, stories, publishers = self._minimum
        if window.articles < articles or window.stories < stories or window.publishers < publishers:
            return False
        negative_publishers, beside_one = self._breadth
        # Mostly the window's own figures tell. `again`: articles of publishers that had one already, so that no
        # publisher has more than one and those; `copies`: of stories that had one, all of which may be negative ones.
        again, copies = window.articles - window.publishers, window.articles - window.stories
        if negative_publishers and (not window.negative or window.negative + copies < negative_publishers):
            return False
        if window.stories - again - 1 >= beside_one:
            beside_one = 0
        if window.negative - again >= negative_publishers:
            negative_publishers = 0
        if not (negative_publishers or beside_one):
            return True
        held = windows.observations(window.series, window.start, window.end)
        return broad(held, negative_publishers, beside_one)

    def evaluate(self, at: int, window: Window, hop: Window, evidence: bool) -> EvaluationResult:
        """Judge the window, learn the hop, and update the series' alert. `evidence`: what `has_evidence` returned."""
        series = window.series
        before, threshold = self.alerts.get(series), self.threshold.value(at)
        # Only what may fire, or is an alert already, is asked for its prior state.
        floor = threshold if before is None else NO_FLOOR
        verdict: Verdict = self.detector.step(window, hop, floor)
        self._changed.add(series)
        enough = verdict.enough and (self._detects_absence or (window.observed and evidence))
        if enough:
            self.threshold.observe(at, series, verdict.statistic)
        evaluation = Evaluation(at, window, verdict, threshold, enough, self._outlives_window)
        alert, changes = step(self.rule, series, before, evaluation)
        begins = before is None and alert is not None and alert.state == "pending"
        prior = self.detector.prior() if changes or begins else {}
        if begins and alert is not None:
            alert.began = PendingOnset(evaluation, hop, alert.severity, dict(prior))
        if alert is None or alert.state == "resolved":
            self.alerts.pop(series, None)
        else:
            self.alerts[series] = alert
        lapsed = before if alert is None else None
        return EvaluationResult(evaluation, hop, alert, lapsed, changes, prior)

    def set_timer(self, series: str, at: int) -> int | None:
        """Set the timer for the evaluation after `at` that is needed if no article comes (hold, resolve, absence).

        Return its time (epoch ms, on the grid), or None where none is needed.
        """
        if not self._detects_absence and series not in self.alerts and series not in self.timers.due:
            return None
        due = self._due(series, at)
        self.timers.set(series, due)
        return due

    def _due(self, series: str, at: int) -> int | None:
        times: list[int] = []
        alert = self.alerts.get(series)
        if alert is not None and alert.due is not None:
            times.append(alert.due)
        if self._detects_absence and (due := self.detector.next_due(series, at)) is not None:
            times.append(due)
        return max(ceil_to(min(times), self.hop_ms), ceil_to(at + 1, self.hop_ms)) if times else None

    def resume(self, closed: int) -> None:
        """Drop timers due at or before the desk's `closed` (epoch ms): nothing is decided in the past.

        There are some where this version of the rule did not run for a while (changed and changed back, off and on).
        """
        for series in self.timers.drop_until(closed):
            if self.detector.absent(series):
                self._changed.add(series)

    def changed_state(self) -> Mapping[str, bytes]:
        """Return series -> detector state, of the series whose state changed since the last call."""
        if not self._changed:
            return {}
        state = self.detector.dump(sorted(self._changed))
        self._changed.clear()
        return state

    def load(self, states: Iterable[tuple[str, bytes]]) -> None:
        """Restore the detector's state from (series, state) pairs. Raises what `Detector.load` raises."""
        self.detector.load(states)

    def restore_alert(self, alert: Alert) -> None:
        """Restore an open alert."""
        self.alerts[alert.series] = alert

    def describe(self) -> dict[str, Any]:
        """Return the fields of the detector's context, by name, for the evidence."""
        return asdict(self.context)
