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
    """A threshold fitted by a budget (alerts/thresholds has the implementation)."""

    @property
    def threshold(self) -> float:
        """The statistic at or above which the rule is in breach."""

    @property
    def version(self) -> str:
        """A hash of the content, in hexadecimal."""

    @property
    def basis(self) -> str:
        """The basis of the threshold (FitBasis), as stored."""

    def to_json(self) -> str:
        """Return the fit as JSON, as stored."""


class FalseAlarmBudget(Protocol):
    """One rule's history of its own statistic, from which thresholds are fitted (see alerts/thresholds)."""

    def initial(self) -> FittedThreshold:
        """Return the fit that is in force while there is no history."""

    def observe(self, at: int, series: str, statistic: float) -> None:
        """Add the statistic of a verdict with enough evidence; calls come in order of `at` (epoch ms)."""

    def fit(
        self, at: int, true_alarms: Sequence[Interval] = (), echoes: Sequence[Interval] = ()
    ) -> FittedThreshold:
        """Return the fit at `at` (epoch ms) from what was observed before, without `true_alarms` and `echoes`.

        `true_alarms`: times of alarms that people confirmed; `echoes`: times of their echoes in other series.
        """

    def dump(self) -> bytes:
        """Return the exact state as bytes."""

    def load(self, state: bytes) -> None:
        """Restore what `dump` returned. Raises msgspec.DecodeError for other bytes."""


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
        """Return the threshold in force at `at` (epoch ms); infinity where nothing was fitted."""
        if self._fixed is not None:
            return self._fixed
        fit = self.fit(at)
        return float("inf") if fit is None else float(fit.threshold)

    def fit(self, at: int) -> FittedThreshold | None:
        """Return the fit in force at `at` (epoch ms), or None where the rule names its threshold."""
        for since, fit in self.fits[::-1]:
            if since <= at:
                return fit
        return None

    def observe(self, at: int, series: str, statistic: float) -> None:
        """Add the statistic of a verdict with enough evidence; calls come in order of `at` (epoch ms)."""
        if self.budget is not None:
            self.budget.observe(at, series, statistic)
            self._observed_since_fit = True
            self._observed += 1
            if self._observed % SNAPSHOT_EVERY == 0:
                self._snapshot_due = True

    def refit(
        self, at: int, true_alarms: Sequence[Interval], echoes: Sequence[Interval]
    ) -> FittedThreshold | None:
        """Return a new fit from what was observed before `at` (epoch ms), in force a day later.

        None where nothing was observed since the last fit, and where the rule names its threshold.
        """
        if self.budget is None or not self._observed_since_fit:
            return None
        self._observed_since_fit = False
        self._snapshot_due = True
        fit = self.budget.fit(at, true_alarms, echoes)
        # All are kept, one a week: what was decided weeks ago may still be on its way to the store, with its fit.
        self.fits = [*self.fits, (at + DAY, fit)]
        return fit

    def snapshot(self, at: int) -> bytes | None:
        """Return the budget's state at `at` (epoch ms) as bytes, or None where no snapshot is due.

        The budget is restored from it and from the findings after `at`, which the store has anyway.
        """
        if self.budget is None or not self._snapshot_due:
            return None
        self._snapshot_due = False
        return msgspec.msgpack.encode([at, self._observed_since_fit, self.budget.dump()])

    def restore_fits(self, fits: Iterable[tuple[int, FittedThreshold]]) -> None:
        """Add fits from the store: (in force from, fit), in order of time."""
        self.fits += fits

    def restore_snapshot(self, snapshot: bytes) -> int:
        """Restore what `snapshot` returned; return its time (epoch ms): findings after it are to be observed again.

        Raises ValueError or msgspec.DecodeError for other bytes.
        """
        at, self._observed_since_fit, state = msgspec.msgpack.decode(snapshot)
        if self.budget is not None:
            self.budget.load(state)
        self._snapshot_due = False
        return int(at)

    def observe_again(self, at: int, series: str, statistic: float) -> None:
        """Add a finding after the snapshot, from the store: as `observe`, but no snapshot becomes due."""
        if self.budget is not None:
            self.budget.observe(at, series, statistic)
            self._observed_since_fit = True
