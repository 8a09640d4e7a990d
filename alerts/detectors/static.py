"""Static: the window's own figure is the statistic; for rules with a fixed threshold ("negative share above 0.6").

Learns nothing and has no p-value. With direction `down` the sign is turned (write the threshold turned as well: mean
sentiment below -0.4 is a threshold of 0.4); `both` takes the size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Literal

from alerts.detectors.context import NOT_OBSERVED, DetectorContext
from alerts.detectors.contract import NO_FLOOR, Detector, Traits
from alerts.records import Verdict, Window
from core.records import UNIT_SCALE

Metric = Literal[
    "negative_share", "mean_sentiment", "net_sentiment", "dispersion", "stories", "articles", "publishers"
]


@dataclass(frozen=True, slots=True)
class StaticParams:
    """What a rule may set."""

    metric: Metric = "negative_share"
    direction: Literal["up", "down", "both"] = "up"


class Static(Detector):
    """The detector; see the module's docstring."""

    kind: ClassVar[str] = "static"
    traits: ClassVar[Traits] = Traits(evaluates_early=True, fixed_threshold=True)

    def __init__(self, params: StaticParams, context: DetectorContext) -> None:
        self.params = params

    def step(self, window: Window, hop: Window, floor: float = NO_FLOOR) -> Verdict:
        """Return the window's value as the statistic, without a p-value. Never raises."""
        if not window.observed:
            return NOT_OBSERVED
        value = figure(window, self.params.metric)
        if value is None:
            return Verdict(0.0, enough=False, why="no story in the window")
        turned = {"up": value, "down": -value, "both": abs(value)}[self.params.direction]
        return Verdict(turned, None, value)

    def prior(self) -> Mapping[str, bytes]:
        """Return {"": b""}: it has no state."""
        return {"": b""}

    def dump(self, series: Iterable[str] | None = None) -> Mapping[str, bytes]:
        """Return {"": b""}: it has no state."""
        return {"": b""}

    def load(self, states: Iterable[tuple[str, bytes]]) -> None:
        """Do nothing: it has no state."""


def figure(window: Window, metric: str) -> float | None:
    """Return the value of `metric` for the window; None for a metric of decided stories where there are none.

    A share is from 0 to 1, a sentiment from -1 to 1. An unknown name means `mean_sentiment`.
    """
    if metric in ("stories", "articles", "publishers"):
        return float(getattr(window, metric))
    n = window.decided
    if n <= 0:
        return None
    if metric == "negative_share":
        return window.negative / n
    if metric == "net_sentiment":
        return (window.positive - window.negative) / n
    mean = window.sentiment_sum / n / UNIT_SCALE
    if metric == "dispersion":
        return sqrt(max(0.0, window.sentiment_squares / n / (UNIT_SCALE * UNIT_SCALE) - mean * mean))
    return mean
