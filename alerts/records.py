"""Records that the steps of `alerts` exchange. None of them is sent over Kafka; see core/records.py for those."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["pending", "firing", "resolved"]
Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
"""In rising order."""


class Window(msgspec.Struct, frozen=True, gc=False):
    """One series over [start, end): integer sums that add up, or, for sets, sizes of unions.

    A window is what a rule evaluates; a hop is the same over the time since the rule's last grid point.
    Sentiment is over stories (a story's mean of p_positive - p_negative over its articles, 1/10,000).
    """

    series: str
    start: int
    end: int
    articles: int = 0
    stories: int = 0
    publishers: int = 0
    decided: int = 0
    """n: stories not abstained on."""
    negative: int = 0
    """k: stories whose majority is negative."""
    sentiment_sum: int = 0
    """Sum over decided stories, 1/10,000."""
    sentiment_squares: int = 0
    """Sum of squares over decided stories, 1/10,000 squared."""
    observed: bool = True
    """False where none of the series' sources was being read: NA, not evidence of calm."""
    positive: int = 0
    """Stories whose majority is positive."""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """A detector's verdict on one window, from the past only."""

    statistic: float
    """Comparable over the rule's series, larger = more unusual: -log10(p) where there is a p."""
    p_value: float | None = None
    observed: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    enough: bool = True
    """False: not enough evidence or history; then nothing may fire, and charts say NA."""
    why: str = ""
    since: int | None = None
    """Where what is expected is not of the window but of the time since then (silence: of the whole quiet)."""


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of alerts.jsonl: a change of state or severity of an alert that fired (docs/rules.md).

    Times are ISO 8601 UTC text, floats have six significant digits, there is no wall-clock field.
    """

    id: str
    rule: str
    rule_version: str
    series: str
    state: State
    severity: Severity
    onset: str
    decided_at: str
    observed: float | None
    expected: float | None
    p_value: float | None
    articles: int
    stories: int
    publishers: int
    article_ids: list[str] = []
