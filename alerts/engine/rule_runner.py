"""One rule at work: its detector, its thresholds and its open alerts. Pure; alerts/engine/desk.py says when.

An evaluation judges the window [at - window, at) from the past only, learns the hop (the newest one, or the one that
has just left the window), and moves the alert of that series. Evaluations come in order of time, each series at most
once per grid point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from alerts.baselines.memory import Memory
from alerts.detectors import KINDS, Detector, DetectorContext, make
from alerts.engine.schedule import ceil_to
from alerts.lifecycle import transitions as lifecycle
from alerts.lifecycle.transitions import Alert, Began, Evaluation
from alerts.records import State, Verdict, Window
from alerts.rules.model import Rule
from alerts.rules.sectors import BY_SECTOR
from alerts.windows.breadth import broad
from alerts.windows.observations import Observation
from core.times import DAY

LEARN_WHAT_LEFT = frozenset({"negative_share", "negative_volume", "sentiment", "volume"})
"""Detectors that judge the window alone learn a hop once it has left the window: an incident under way must not teach
itself away. The others judge the newest hop too, and learn it at once."""
EARLY = LEARN_WHAT_LEFT - {"volume"} | {"static"}
"""Detectors that may be asked between two points of the rule's grid: what they learn does not hang on when."""
BY_NEGATIVE = frozenset({"negative_share", "negative_volume"})
"""Detectors of which, asked for more, a pane without a negative story can bring nothing that waiting would miss."""
LASTING = frozenset({"drift", "mean_shift"})
"""Detectors whose statistic outlives the window: a thin hour does not end their alerts, only to fire them again."""
CROWD = 12
"""Asked early is where one in so many of a window's articles came since the last point of the grid: a hop's share."""
SNAPSHOT_EVERY = 50_000
"""Observations between two snapshots of a budget."""


class EvaluationResult(msgspec.Struct, frozen=True, gc=False):
    """The result of one evaluation. `prior`: the detector's state before the step, for the evidence."""

    evaluation: Evaluation
    hop: Window
    alert: Alert | None
    lapsed: Alert | None
    changes: list[State]
    prior: Mapping[str, bytes]


def detector_of(rule: Rule, context: DetectorContext) -> Detector:
    """The rule's detector. What the rule itself says (direction, metric) goes in where the detector asks for it."""
    from dataclasses import fields

    kind = KINDS.get(rule.detector)
    asked = {field.name for field in fields(kind.params)} if kind else set()
    own = {"direction": rule.direction, "metric": rule.metric}
    given = {name: value for name, value in own.items() if name in asked}
    return make(rule.detector, {**given, **rule.params}, context)


class RuleRunner:
    """A rule, running."""

    def __init__(
        self,
        rule: Rule,
        pane_ms: int,
        make_detector: Callable[[Rule, DetectorContext], Detector] = detector_of,
        budget: Any = None,
    ) -> None:
        self.rule = rule
        self.hop_ms = rule.hop_ms(pane_ms)
        self.window_ms = ceil_to(rule.window_ms, pane_ms)
        self._lasting = rule.detector in LASTING
        self.learns_after_leaving = rule.detector in LEARN_WHAT_LEFT
        self.evaluates_early = rule.detector in EARLY and self.hop_ms > pane_ms
        self._by_negative = rule.detector in BY_NEGATIVE and rule.direction == "up"
        sectors = rule.sectors if rule.detector == BY_SECTOR else {}
        self.context = DetectorContext(window_ms=self.window_ms, hop_ms=self.hop_ms, sectors=sectors)
        self.detector = make_detector(rule, self.context)
        self.budget = budget
        self.fits: list[tuple[int, Any]] = [(0, budget.initial())] if budget is not None else []
        self.alerts: dict[str, Alert] = {}
        self.dirty: set[str] = set()
        self.timers: dict[str, int] = {}
        """Series -> when to evaluate it though nothing comes; only the latest such time counts."""
        self._timers_changed = False
        self.observed_since_fit = False
        self._snapshot_due = budget is not None
        self._observed = 0
        self._least = rule.min_articles, rule.min_stories, rule.min_publishers
        self._broad = rule.min_negative_publishers, rule.min_stories_beside_one
        self.least = max(self._least)
        """Windows with fewer articles than this cannot hold the evidence that the rule asks for."""
        self.echoes: Sequence[tuple[str, int, int]] = ()
        """(series, from, to) of what topics told of alarms that people called true (alerts/thresholds/echoes.py)."""
        self.within: Callable[[str, int, int], Sequence[Observation]] | None = None
        """What a window holds, article by article: asked only where a rule has a minimum of its breadth."""
        self._next_due = getattr(self.detector, "next_due", None)
        self._prior = getattr(self.detector, "prior", None)
        self._absent = getattr(self.detector, "absent", None)
        self._memory: Memory[Any, Any] | None = getattr(self.detector, "memory", None)
        self.gather: Callable[[Window, Window], None] | None = getattr(self.detector, "gather", None)
        """Of detectors that hold series against one another: takes a hop before anything of its moment is judged."""

    @property
    def reach_ms(self) -> int:
        """How far back its evaluations reach, in milliseconds."""
        return self.window_ms + self.hop_ms

    def wants_early(self, pane: Window) -> bool:
        """Whether a pane that closed could have raised the statistic: then the next grid point may be too late."""
        return self.evaluates_early and (not self._by_negative or pane.negative > 0)

    @property
    def key(self) -> str:
        """The rule in this version: what detector state is kept under."""
        return f"{self.rule.id}@{self.rule.version}"

    def threshold(self, at: int) -> float:
        """The threshold in force at `at`."""
        if self.rule.threshold is not None:
            return self.rule.threshold
        fit = self.fit(at)
        return float("inf") if fit is None else float(fit.threshold)

    def fit(self, at: int) -> Any:
        """The fit in force at `at`."""
        for known in self.fits[::-1]:
            if known[0] <= at:
                return known[1]
        return None

    def may_skip_few(self, series: str) -> bool:
        """Whether `may_skip` holds where the hop is empty and the window has fewer than `least` articles."""
        return self._next_due is None and series not in self.alerts

    def may_skip(self, series: str, evidence: bool, hop: Window) -> bool:
        """Nothing to learn, nothing that could fire (`evidence`: as `has_evidence` says), and no alert to move: then
        no evaluation is needed."""
        return hop.articles == 0 and not evidence and series not in self.alerts and self._next_due is None

    def has_evidence(self, window: Window) -> bool:
        """Whether the window holds what the rule asks for at the least."""
        articles, stories, publishers = self._least
        if window.articles < articles or window.stories < stories or window.publishers < publishers:
            return False
        bad, beside = self._broad
        # Mostly the window's own figures tell. `again`: articles of publishers that had one already, so that no
        # publisher has more than one and those; `copies`: of stories that had one, all of which may be negative ones.
        again, copies = window.articles - window.publishers, window.articles - window.stories
        if bad and (not window.negative or window.negative + copies < bad):
            return False
        if window.stories - again - 1 >= beside:
            beside = 0
        if window.negative - again >= bad:
            bad = 0
        if not (bad or beside) or self.within is None:
            return True
        return broad(self.within(window.series, window.start, window.end), bad, beside)

    def evaluate(self, at: int, window: Window, hop: Window, evidence: bool) -> EvaluationResult:
        """Judge, learn, and move the series' alert. `evidence`: as `has_evidence` says of the window."""
        series = window.series
        before, threshold = self.alerts.get(series), self.threshold(at)
        if self._memory is not None:  # only what may fire, or is an alert already, is asked for its evidence
            self._memory.floor = threshold if before is None else float("-inf")
        verdict: Verdict = self.detector.step(window, hop)
        self.dirty.add(series)
        # Of silence there is no evidence to ask for, and a source that nobody reads is what it detects.
        enough = verdict.enough and (self._next_due is not None or (window.observed and evidence))
        if enough and self.budget is not None:
            self.budget.observe(at, series, verdict.statistic)
            self.observed_since_fit = True
            self._observed += 1
            self._snapshot_due |= self._observed % SNAPSHOT_EVERY == 0
        evaluation = Evaluation(at, window, verdict, threshold, enough, self._lasting)
        alert, changes = lifecycle.step(self.rule, series, before, evaluation)
        begins = before is None and alert is not None and alert.state == "pending"
        prior = self._prior() if (changes or begins) and self._prior is not None else {}
        if begins and alert is not None:
            alert.began = Began(evaluation, hop, alert.severity, dict(prior))
        if alert is None or alert.state == "resolved":
            self.alerts.pop(series, None)
        else:
            self.alerts[series] = alert
        lapsed = before if alert is None else None
        return EvaluationResult(evaluation, hop, alert, lapsed, changes, prior)

    def set_timer(self, series: str, at: int) -> int | None:
        """After an evaluation: when to evaluate again though nothing comes (hold, resolve, silence), on the grid."""
        if self._next_due is None and series not in self.alerts and series not in self.timers:
            return None
        due = self._due(series, at)
        if due != self.timers.get(series):
            self._timers_changed = True
            if due is None:
                del self.timers[series]
            else:
                self.timers[series] = due
        return due

    def resume(self, closed: int) -> None:
        """Looks were due before the desk's `closed`: this version did not run for a while (changed and changed back,
        switched off and on). They are not made up for: nothing is decided in the past."""
        for series in sorted(series for series, due in self.timers.items() if due <= closed):
            del self.timers[series]
            self._timers_changed = True
            if self._absent is not None:
                self._absent(series)
                self.dirty.add(series)

    def changed_timers(self) -> bytes | None:
        """All timers, where any changed since the last call."""
        if not self._timers_changed:
            return None
        self._timers_changed = False
        return msgspec.msgpack.encode(dict(sorted(self.timers.items())))

    def restore_timers(self, state: bytes) -> None:
        """Take up what `changed_timers` gave."""
        self.timers = msgspec.msgpack.decode(state, type=dict[str, int])

    def _due(self, series: str, at: int) -> int | None:
        times: list[int] = []
        alert = self.alerts.get(series)
        if alert is not None and alert.due is not None:
            times.append(alert.due)
        if self._next_due is not None and (due := self._next_due(series, at)) is not None:
            times.append(due)
        return max(ceil_to(min(times), self.hop_ms), ceil_to(at + 1, self.hop_ms)) if times else None

    def refit(self, at: int, true_alarms: Sequence[tuple[str, int, int]] = ()) -> Any:
        """A new fit from what was observed so far (`at` = T), in force a day later; None where nothing was new."""
        if self.budget is None or not self.observed_since_fit:
            return None
        self.observed_since_fit = False
        self._snapshot_due = True
        fit = self.budget.fit(at, true_alarms, self.echoes)
        # All are kept, one a week: what was decided weeks ago may still be on its way to the store, with its fit.
        self.fits = [*self.fits, (at + DAY, fit)]
        return fit

    def changed_state(self) -> Mapping[str, bytes]:
        """The detector's state, as far as it changed since the last call."""
        if not self.dirty:
            return {}
        state = self.detector.dump(sorted(self.dirty))
        self.dirty.clear()
        return state

    def snapshot(self, at: int) -> bytes | None:
        """The budget's state, now and then: it is this plus the findings after `at`, which the store has anyway."""
        if not self._snapshot_due:
            return None
        self._snapshot_due = False
        return msgspec.msgpack.encode([at, self.observed_since_fit, self.budget.dump()])

    def restore_budget(self, snapshot: bytes) -> int:
        """Take up a snapshot; returns its time: findings after it are to be observed again."""
        at, self.observed_since_fit, state = msgspec.msgpack.decode(snapshot)
        self.budget.load(state)
        self._snapshot_due = False
        return int(at)

    def observe_again(self, at: int, series: str, statistic: float) -> None:
        """A finding after the snapshot."""
        self.budget.observe(at, series, statistic)
        self.observed_since_fit = True

    def load(self, states: Iterable[tuple[str, bytes]]) -> None:
        """Take up the detector's state."""
        self.detector.load(states)

    def describe(self) -> dict[str, Any]:
        """What the detector was made with, for the evidence."""
        return asdict(self.context)
