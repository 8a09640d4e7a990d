"""An alert as the desk keeps it, its id, and what one evaluation of a series found.

Never compiled (scripts/compile.py): mypyc forgets what the fields' types are, and what a store or a restart has of an
alert is read by them.
"""

from __future__ import annotations

import msgspec

from alerts.records import Severity, State, Verdict, Window
from core.ids import digest


class Evaluation(msgspec.Struct, frozen=True, gc=False):
    """What one evaluation of a series found."""

    at: int
    window: Window
    verdict: Verdict
    threshold: float
    enough: bool
    lasting: bool = False
    """The detector remembers beyond the window: too few stories in it do not resolve while it is itself sure."""

    @property
    def breach(self) -> bool:
        """Whether the statistic is at or above the threshold, with enough evidence."""
        return self.enough and self.verdict.statistic >= self.threshold

    def resolves(self, resolve_below: float) -> bool | None:
        """Return whether the statistic is below `resolve_below` x threshold (hysteresis), or the evidence too little.

        None where none of the series' sources was being read: then the alert stays as it is.
        """
        if not self.window.observed:
            return None
        sure = self.enough or (self.lasting and self.verdict.enough and self.window.articles > 0)
        # Below 0 by distance, as severities are (Rule.severity): as far under the threshold as it would be above 0.
        below = resolve_below if self.threshold > 0 else 2.0 - resolve_below
        return not sure or self.verdict.statistic < below * self.threshold


class PendingOnset(msgspec.Struct):
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
    resolving_since: int | None = msgspec.field(default=None, name="calm_since")  # as kept in the store
    """Since when its evaluations resolve it, epoch ms; None: they do not."""
    worst: float = 0.0
    incident: str = ""
    revision: str = ""
    """Of an immediate alert's article."""
    due: int | None = None
    """When to evaluate again though nothing came (hold or resolve)."""
    began: PendingOnset | None = None
    """Of a pending alert."""


def alert_id(rule: str, version: str, series: str, onset: int) -> str:
    """Return the id of a window rule's alert; `onset`: end of the first breaching pane, epoch ms. Never revised."""
    return digest("alert", rule, version, series, str(onset))


def immediate_id(rule: str, version: str, article: str, revision: str) -> str:
    """Return the id of an immediate rule's alert."""
    return digest("immediate", rule, version, article, revision)
