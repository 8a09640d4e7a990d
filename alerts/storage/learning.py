"""How far a rule has learned on a desk, from its store: since when it judges, and where its threshold comes from.

A rule in a new version starts without a past (docs/rules.md): until its detector has warmed up nothing can fire, and
until its budget has four weeks with data the threshold is the conservative parametric one. The store stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, select

from alerts.engine.desk import MONDAY
from alerts.engine.rule_runner import RuleRunner
from alerts.engine.schedule import ceil_to
from alerts.rules.model import Rule
from alerts.storage.rule_state import has_run, load_budget
from alerts.thresholds.fit import Fit, FitBasis
from alerts.thresholds.fitting import LEAST_WEEKS
from alerts.thresholds.history import history_of
from core import tables
from core.times import DAY, WEEK, iso


@dataclass(frozen=True)
class LearningStatus:
    """How far a rule has learned. Times are ISO 8601; None where a field does not apply."""

    state: str
    """`new`: never ran here in this version; `learning`: nothing evaluated yet; `conservative`; `fitted`; `fixed`."""
    since: str | None = None
    """End of the first window that was evaluated on enough evidence and history."""
    weeks: float = 0.0
    """Weeks with data."""
    threshold: float | None = None
    how: str = ""
    """How the threshold was fitted (Fit.method)."""
    until: str | None = None
    """When the conservative threshold may end, at the earliest."""
    low: float | None = None
    high: float | None = None
    """The fitted threshold's 90 % interval, from `low`."""

    def describe(self) -> str:
        """Return the status in English, as a cell of a table."""
        since = f"since {self.since[:10]}" if self.since else ""
        if self.state == "new":
            return "never ran here: starts without a past"
        if self.state == "learning":
            return "nothing judged yet: it learns, or no window held its minimum"
        if self.state == "fixed":
            return "threshold fixed"
        if self.state == "fitted":
            known = self.low is not None and self.high is not None
            between = f" ({self.low:.2f} to {self.high:.2f})" if known else ""
            return f"{since}, {self.weeks:.1f} weeks: threshold {self.threshold:.2f}{between} fitted"
        text = f"{since}, {self.weeks:.1f} weeks: conservative threshold {self.threshold:.2f}"
        if self.until:
            return f"{text} until {self.until[:10]} at the earliest"
        _, _, why = self.how.partition("; ")
        return f"{text}, {why}" if why else text


def learning_status(connection: Connection, desk: str, rule: Rule, pane_ms: int) -> LearningStatus:
    """Return how far `rule` has learned on `desk`. `pane_ms`: the desk's pane. Raises StoreUnavailable."""
    desks = tables.desks
    history = history_of(rule, pane_ms) if rule.threshold is None else None
    runner = RuleRunner(rule, pane_ms, budget=history)
    if not has_run(connection, desk, runner.key):
        return LearningStatus("new")
    if history is None:
        return LearningStatus("fixed", threshold=rule.threshold)
    load_budget(connection, desk, runner)
    first = history.first_at
    if first is None:
        return LearningStatus("learning")
    now = connection.execute(select(desks.c.watermark).where(desks.c.desk == desk)).scalar_one_or_none() or 0
    fit = cast(Fit, runner.threshold.fit(now))
    weeks, since = round(history.weeks, 1), iso(first)
    if not fit.conservative:
        return LearningStatus("fitted", since, weeks, fit.threshold, fit.method, low=fit.low, high=fit.high)
    if history.weeks >= LEAST_WEEKS and fit.basis in (FitBasis.INITIAL, FitBasis.CONSERVATIVE):
        return LearningStatus("conservative", since, weeks, fit.threshold, fit.method)
    enough = max(now, now + round((LEAST_WEEKS - history.weeks) * WEEK))
    until = ceil_to(enough - MONDAY, WEEK) + MONDAY + DAY
    return LearningStatus("conservative", since, weeks, fit.threshold, fit.method, iso(until))
