"""Sentiment: the window's mean sentiment is off what is usual for the series at this hour. A z-test over stories.

The standard error joins the stories' spread, their correlation within a window (they speak of one event), and how
well the series' own mean is known. Stories count, not articles.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Literal

from alerts.baselines.memory import UNUSUAL_P
from alerts.detectors.context import NOT_OBSERVED, DetectorContext
from alerts.detectors.contract import NO_FLOOR, Traits
from alerts.detectors.means import Means
from alerts.detectors.persistence import PersistentDetector
from alerts.detectors.tails import normal_tail, statistic
from alerts.records import Verdict, Window
from core.records import UNIT_SCALE
from core.times import HOUR


@dataclass(frozen=True, slots=True)
class SentimentParams:
    """What a rule may set."""

    direction: Literal["up", "down", "both"] = "down"
    memory_days: float = 21.0
    warmup_stories: int = 50
    calendar: str = "auto"
    incident_weight: float = 0.2


class Sentiment(PersistentDetector):
    """The detector; see the module's docstring."""

    kind: ClassVar[str] = "sentiment"
    traits: ClassVar[Traits] = Traits(learns_after_leaving=True, evaluates_early=True)

    def __init__(self, params: SentimentParams, context: DetectorContext) -> None:
        self.params = params
        self.memory = self.means = Means(context.window_ms, params.memory_days * 24.0, params.calendar)

    def step(self, window: Window, hop: Window, floor: float = NO_FLOOR) -> Verdict:
        """Judge the mean of the window's decided stories, then learn the hop's. Never raises."""
        means, series = self.means, window.series
        self.begin_step(series, floor)
        if not window.observed:
            return NOT_OBSERVED
        market = means.market(series)
        n = window.decided
        mean, belief, correlation = means.expect(
            market, series, market.calendar.bin((window.end - 1) // HOUR)
        )
        error = sqrt(market.variance * ((1.0 + (n - 1.0) * correlation) / n + 1.0 / belief)) if n else 0.0
        p = 1.0
        seen = None
        if n:
            seen = window.sentiment_sum / n / UNIT_SCALE
            p = one_sided((seen - mean) / max(error, 1e-9), self.params.direction)
        enough = n > 0 and market.learned >= self.params.warmup_stories
        if enough and p < UNUSUAL_P:
            means.mark_unusual(series, market, window.end)
        if hop.decided > 0:
            weight = self.params.incident_weight if means.was_unusual(series, hop.end) else 1.0
            total, squares = hop.sentiment_sum / UNIT_SCALE, hop.sentiment_squares / (UNIT_SCALE * UNIT_SCALE)
            means.learn(series, market, hop.start, hop.end, hop.decided, total, squares, weight)
        if not n:
            return Verdict(0.0, None, None, mean, None, None, False, "no story in the window")
        low, high = max(-1.0, mean - 1.96 * error), min(1.0, mean + 1.96 * error)
        why = "" if enough else "learning the usual sentiment"
        return Verdict(statistic(p), p, seen, mean, low, high, enough, why)


def one_sided(z: float, direction: str) -> float:
    """Return the p-value (0..1) of a standard normal deviation in this direction: up, down or both."""
    if direction == "both":
        return min(1.0, 2.0 * normal_tail(abs(z)))
    return normal_tail(z if direction == "up" else -z)
