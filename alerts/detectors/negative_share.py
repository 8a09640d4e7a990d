"""Negative share: more of a window's stories are negative than usual. Beta-binomial, mid-p.

n = stories not abstained on, k = those whose majority is negative (docs/windows.md: copies are no evidence). The share
itself varies: its Beta's precision joins how much windows differ beyond chance (the correlation between
stories of one window) and how well the series' own mean is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from alerts.baselines.memory import UNUSUAL_P
from alerts.detectors.context import NOT_OBSERVED, DetectorContext
from alerts.detectors.contract import NO_FLOOR, Traits
from alerts.detectors.means import Means
from alerts.detectors.persistence import PersistentDetector
from alerts.detectors.tails import beta_binomial_tail, directed, share_band, statistic
from alerts.records import Verdict, Window


@dataclass(frozen=True, slots=True)
class NegativeShareParams:
    """What a rule may set."""

    direction: Literal["up", "down", "both"] = "up"
    memory_days: float = 21.0
    warmup_stories: int = 50
    """Stories over the whole market before anything may fire."""
    calendar: str = "auto"
    incident_weight: float = 0.2
    """Weight of stories learned from windows with p < 0.003."""


class NegativeShare(PersistentDetector):
    """The detector; see the module's docstring."""

    kind: ClassVar[str] = "negative_share"
    traits: ClassVar[Traits] = Traits(learns_after_leaving=True, evaluates_early=True, negative_only=True)

    def __init__(self, params: NegativeShareParams, context: DetectorContext) -> None:
        self.params = params
        self.memory = self.means = Means(context.window_ms, params.memory_days * 24.0, params.calendar)

    def step(self, window: Window, hop: Window, floor: float = NO_FLOOR) -> Verdict:
        """Judge window.negative of window.decided, then learn the hop's. Never raises."""
        means, series = self.means, window.series
        self.begin_step(series, floor)
        market = means.market(series)
        if not window.observed:
            return NOT_OBSERVED
        n, k = window.decided, window.negative
        mean, belief, correlation = means.expect(
            market, series, market.calendar.bin((window.end - 1) // 3_600_000)
        )
        share = min(max(mean, 0.005), 0.995)
        precision = 1.0 / (correlation + 1.0 / (belief + 1.0)) - 1.0
        p = directed(beta_binomial_tail(k, n, share, precision), self.params.direction)
        enough = n > 0 and market.learned >= self.params.warmup_stories
        if enough and p < UNUSUAL_P:
            means.mark_unusual(series, market, window.end)
        if hop.decided > 0:
            weight = self.params.incident_weight if means.was_unusual(series, hop.end) else 1.0
            means.learn(series, market, hop.start, hop.end, hop.decided, hop.negative, hop.negative, weight)
        if n <= 0:
            return Verdict(
                0.0, None, None, share, *share_band(1, share, precision), False, "no story in the window"
            )
        low, high = share_band(n, share, precision)
        return Verdict(
            statistic(p), p, k / n, share, low, high, enough, "" if enough else "learning the usual share"
        )
