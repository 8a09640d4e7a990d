"""From a budget of false alarms a week to a threshold on the rule's statistic.

A first, plain form: declustered peaks (the highest statistic of each run of looks that lie within one window of each
other), pooled over the rule's series. With enough history the threshold is the level that so many peaks a week pass as
the budget allows (an order statistic; beyond the data the tail falls by one decade of p a unit, as -log10 p of a
calibrated p-value does). With too little history it is the conservative parametric tail, and says so.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import msgspec

from alerts.rules import Rule
from core.ids import digest
from core.times import WEEK

KEPT = 400
"""Peaks kept, the highest ones: enough for any budget up to some tens a week."""
ASSUMED_SERIES = 100
"""Series a rule is taken to watch while there is no history."""
LEAST_WEEKS = 4.0
LEAST_PEAKS = 8


class Fit(msgspec.Struct, frozen=True):
    """A threshold and where it comes from."""

    threshold: float
    method: str
    weeks: float = 0.0
    peaks: int = 0
    made_at: int = 0

    @property
    def version(self) -> str:
        """Hash of the content."""
        return digest("fit", self.to_json(), length=16)

    def to_json(self) -> str:
        """As kept in the store."""
        return msgspec.json.encode(self).decode()


def load_fit(text: str) -> Fit:
    """What `to_json` gave."""
    return msgspec.json.decode(text, type=Fit)


@dataclass(slots=True)
class _Run:
    last_at: int
    peak: float


class _State(msgspec.Struct):
    first_at: int | None
    last_at: int
    looks: int
    peaks: list[float]
    runs: dict[str, tuple[int, float]]


class Budget:
    """One rule's history of its own statistic, in constant memory but for the runs under way."""

    def __init__(self, budget_per_week: float, window_ms: int, hop_ms: int) -> None:
        self._budget, self._window_ms, self._hop_ms = budget_per_week, window_ms, hop_ms
        self._first_at: int | None = None
        self._last_at = 0
        self._looks = 0
        self._peaks: list[float] = []
        self._runs: dict[str, _Run] = {}

    def observe(self, at: int, series: str, statistic: float) -> None:
        """A verdict with enough evidence."""
        self._first_at = at if self._first_at is None else self._first_at
        self._last_at, self._looks = at, self._looks + 1
        run = self._runs.get(series)
        if run is None:
            self._runs[series] = _Run(at, statistic)
        elif at - run.last_at > self._window_ms:
            self._keep(run.peak)
            run.last_at, run.peak = at, statistic
        else:
            run.last_at, run.peak = at, max(run.peak, statistic)

    def _keep(self, peak: float) -> None:
        if len(self._peaks) < KEPT:
            heapq.heappush(self._peaks, peak)
        else:
            heapq.heappushpop(self._peaks, peak)

    def initial(self) -> Fit:
        """The conservative parametric tail: independent windows a week times assumed series, against the budget."""
        chances = ASSUMED_SERIES * WEEK / self._window_ms
        threshold = math.log10(max(chances / self._budget, 10.0))
        return Fit(round(threshold, 6), "parametric tail: no history yet")

    def fit(self, at: int) -> Fit:
        """The fit from what was observed before `at`."""
        weeks = (at - self._first_at) / WEEK if self._first_at is not None else 0.0
        peaks = sorted(self._peaks + [run.peak for run in self._runs.values()], reverse=True)
        start = self.initial()
        if weeks < LEAST_WEEKS or len(peaks) < LEAST_PEAKS:
            return Fit(start.threshold, "parametric tail: too little history", round(weeks, 3), len(peaks), at)
        allowed = self._budget * weeks
        rank = min(int(allowed), len(peaks) - 1)
        # Fewer than one peak allowed: go beyond the highest by the decades that are missing.
        beyond = max(0.0, -math.log10(allowed)) if allowed < 1 else 0.0
        threshold = peaks[rank] + beyond
        return Fit(round(threshold, 6), "order statistic of declustered peaks", round(weeks, 3), len(peaks), at)

    def dump(self) -> bytes:
        """Exact state."""
        runs = {series: (run.last_at, run.peak) for series, run in self._runs.items()}
        state = _State(self._first_at, self._last_at, self._looks, sorted(self._peaks), runs)
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """Restore what `dump` gave."""
        known = msgspec.msgpack.decode(state, type=_State)
        self._first_at, self._last_at, self._looks = known.first_at, known.last_at, known.looks
        self._peaks = list(known.peaks)
        self._runs = {series: _Run(*run) for series, run in known.runs.items()}


def make(rule: Rule, pane_ms: int) -> Budget:
    """The budget of a window rule."""
    return Budget(rule.budget_per_week, rule.window_ms, rule.hop_ms(pane_ms))
