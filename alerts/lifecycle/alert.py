"""An alert as the desk keeps it, and what one evaluation of a series found.

Never compiled (scripts/compile.py): mypyc forgets what the fields' types are, and what a store or a restart has of an
alert is read by them.
"""

from __future__ import annotations

import msgspec

from alerts.records import Severity, State, Verdict, Window


class Evaluation(msgspec.Struct, frozen=True, gc=False):
    """What one evaluation of a series found."""

    at: int
    window: Window
    verdict: Verdict
    threshold: float
    enough: bool
    lasting: bool = False
    """The detector remembers beyond the window: too few stories in it are no calm while it is itself sure."""

    @property
    def breach(self) -> bool:
        """At or above the threshold, with enough evidence."""
        return self.enough and self.verdict.statistic >= self.threshold

    def calm(self, resolve_below: float) -> bool | None:
        """Below the hysteresis, or too little evidence; None where nobody was reading."""
        if not self.window.observed:
            return None
        sure = self.enough or (self.lasting and self.verdict.enough and self.window.articles > 0)
        # Below 0 by distance, as severities are (Rule.severity): as far under the threshold as it would be above 0.
        below = resolve_below if self.threshold > 0 else 2.0 - resolve_below
        return not sure or self.verdict.statistic < below * self.threshold


class Began(msgspec.Struct):
    """What was known at the onset of an alert that must hold: its line `pending` is written from this once it fires."""

    evaluation: Evaluation = msgspec.field(name="look")  # as kept in the store
    hop: Window
    severity: Severity
    prior: dict[str, bytes]
    """The detector's state before that evaluation, for the evidence."""
    articles: list[tuple[str, str]] = []
    """(article id, story id) of what the window held."""
    left: list[tuple[str, str]] | None = None
    """The same of the hop, where it had left the window; None: kept before anybody asked."""


class Alert(msgspec.Struct, kw_only=True):
    """An alert that is open, or just ended. Kept as msgpack in `alerts.state_data`."""

    id: str
    rule: str
    rule_version: str
    series: str
    state: State
    severity: Severity
    onset: int
    fired_at: int | None = None
    resolved_at: int | None = None
    calm_since: int | None = None
    worst: float = 0.0
    incident: str = ""
    revision: str = ""
    """Of an immediate alert's article."""
    due: int | None = None
    """When to evaluate again though nothing came (hold or resolve)."""
    began: Began | None = None
    """Of a pending alert."""
