"""A rule's threshold: the one that the rule names, or fitted each week to the false alarms that its budget allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from alerts.rules.model import Rule
from core.times import DAY

SNAPSHOT_EVERY = 50_000
"""Observations between two snapshots of a budget."""

Interval = tuple[str, int, int]
"""(series, from, to), epoch ms: the time of an alert."""


class FittedThreshold(Protocol):
    """What a budget's fit gives (alerts/thresholds has the one that is used)."""

    @property
    def threshold(self) -> float:
        """The statistic at or above which the rule is in breach."""

    @property
    def version(self) -> str:
        """Hash of the content."""

    @property
    def basis(self) -> str:
        """What the threshold rests on, as kept in the store."""

    def to_json(self) -> str:
        """As kept in the store."""


class FalseAlarmBudget(Protocol):
    """One rule's history of its own statistic, from which thresholds are fitted (see alerts/thresholds)."""

    def initial(self) -> FittedThreshold:
        """The fit in force while there is no history."""

    def observe(self, at: int, series: str, statistic: float) -> None:
        """A verdict with enough evidence, in order of `at` (epoch ms)."""

    def fit(
        self, at: int, true_alarms: Sequence[Interval] = (), echoes: Sequence[Interval] = ()
    ) -> FittedThreshold:
        """The fit at `at`, without what people called true alarms and what other series told of those."""

    def dump(self) -> bytes:
        """Exact state."""

    def load(self, state: bytes) -> None:
        """Restore what `dump` gave."""


class RuleThreshold:
    """The threshold of one rule over time. `budget`: None where the rule names its threshold."""

    def __init__(self, rule: Rule, budget: FalseAlarmBudget | None) -> None:
        self.budget = budget
        self.fits: list[tuple[int, FittedThreshold]] = [] if budget is None else [(0, budget.initial())]
        """(in force from, fit), in order of time."""
        self._fixed = rule.threshold
        self._observed_since_fit = False
        self._snapshot_due = budget is not None
        self._observed = 0

    def value(self, at: int) -> float:
        """The threshold in force at `at` (epoch ms); infinite where nothing was fitted."""
        if self._fixed is not None:
            return self._fixed
        fit = self.fit(at)
        return float("inf") if fit is None else float(fit.threshold)

    def fit(self, at: int) -> FittedThreshold | None:
        """The fit in force at `at` (epoch ms); None where the rule names its threshold."""
        for since, fit in self.fits[::-1]:
            if since <= at:
                return fit
        return None

    def observe(self, at: int, series: str, statistic: float) -> None:
        """A verdict with enough evidence, in order of `at` (epoch ms)."""
        if self.budget is not None:
            self.budget.observe(at, series, statistic)
            self._observed_since_fit = True
            self._observed += 1
            if self._observed % SNAPSHOT_EVERY == 0:
                self._snapshot_due = True

    def refit(
        self, at: int, true_alarms: Sequence[Interval], echoes: Sequence[Interval]
    ) -> FittedThreshold | None:
        """A new fit from what was observed before `at` (epoch ms), in force a day later; None where nothing was new."""
        if self.budget is None or not self._observed_since_fit:
            return None
        self._observed_since_fit = False
        self._snapshot_due = True
        fit = self.budget.fit(at, true_alarms, echoes)
        # All are kept, one a week: what was decided weeks ago may still be on its way to the store, with its fit.
        self.fits = [*self.fits, (at + DAY, fit)]
        return fit

    def snapshot(self, at: int) -> bytes | None:
        """The budget's state at `at`, where one is due: the budget is this and the findings after `at`, which the store
        has anyway. None: none is due."""
        if self.budget is None or not self._snapshot_due:
            return None
        self._snapshot_due = False
        return msgspec.msgpack.encode([at, self._observed_since_fit, self.budget.dump()])

    def restore_fits(self, fits: Iterable[tuple[int, FittedThreshold]]) -> None:
        """Add fits from the store: (in force from, fit), in order of time."""
        self.fits += fits

    def restore_snapshot(self, snapshot: bytes) -> int:
        """Restore what `snapshot` gave; returns its time (epoch ms): findings after it are to be observed again.

        Raises ValueError or msgspec.DecodeError for other bytes.
        """
        at, self._observed_since_fit, state = msgspec.msgpack.decode(snapshot)
        if self.budget is not None:
            self.budget.load(state)
        self._snapshot_due = False
        return int(at)

    def observe_again(self, at: int, series: str, statistic: float) -> None:
        """A finding after the snapshot, from the store: as `observe`, without a snapshot coming due."""
        if self.budget is not None:
            self.budget.observe(at, series, statistic)
            self._observed_since_fit = True
