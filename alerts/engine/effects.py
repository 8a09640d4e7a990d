"""What a desk did since the last call of `effects`: rows to write in one transaction (alerts/storage/persist.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from alerts.engine.rule_runner import EvaluationResult, RuleRunner
from alerts.lifecycle.alert import Alert
from alerts.lifecycle.outage_proof import OutageProof
from alerts.records import AlertLine, Verdict, Window
from alerts.stories.entry import Entry
from alerts.windows.panes import ClosedPane


class ArticleOutcome(msgspec.Struct, frozen=True, gc=False):
    """What became of an article: `counted` (in `story`), `revision` (a further one, not counted) or `late`."""

    id: str
    revision: str
    outcome: str = msgspec.field(name="fate")
    story: str = ""


class Finding(msgspec.Struct, frozen=True, gc=False):
    """A detector's verdict on a series at a window's end, with enough evidence."""

    rule: str
    window: Window
    verdict: Verdict
    breach: bool


@dataclass(frozen=True, slots=True)
class NewFit:
    """A rule's fit, of what was observed until a day before `in_force_from` (epoch ms). `rule`: its key, id@version."""

    rule: str
    in_force_from: int
    version: str
    fit: str
    """As JSON."""
    basis: str
    """What it rests on (alerts/thresholds/fit.py)."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of state or severity of an alert that fired: its line, and what the evidence is made from.

    `runner` and `result` are None for an immediate rule's alert and for an outage.
    """

    line: AlertLine
    at: int
    """End of the deciding pane (an immediate alert: available_at)."""
    incident: str
    runner: RuleRunner | None
    result: EvaluationResult | None
    articles: Sequence[tuple[str, str]]
    """(article id, story id) of what the window held."""
    revision: str = ""
    """Of an immediate alert's article."""
    proof: OutageProof | None = None
    """Of an outage."""
    left: Sequence[tuple[str, str]] | None = None
    """(article id, story id) of what the hop held, where it had left the window."""


@dataclass(slots=True)
class Effects:
    """Everything since the last call."""

    panes: list[ClosedPane] = field(default_factory=list)
    outcomes: list[ArticleOutcome] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    fits: list[NewFit] = field(default_factory=list)
    alerts: dict[str, Alert] = field(default_factory=dict)
    """Alerts that changed, by id."""
    gone: set[str] = field(default_factory=set)
    """Ids of pending alerts that lapsed: they never fired."""
    changes: list[Change] = field(default_factory=list)
    late: list[tuple[Entry, str]] = field(default_factory=list)
    """Late articles and the story each may join."""
    detectors: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    """Rule key -> series -> state, where it changed."""
    budgets: dict[str, bytes] = field(default_factory=dict)
    """Rule key -> snapshot of its budget, where a new one was taken."""
    timers: dict[str, bytes] = field(default_factory=dict)
    """Rule key -> when its series are due, where that changed."""
    stories: list[dict[str, Any]] = field(default_factory=list)
    slices: int = 0
    """Number of panes of time closed, empty ones too."""
