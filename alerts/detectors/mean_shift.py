"""Mean shift: sentiment has moved by a little for a long time, though each window alone is unremarkable. CUSUM.

Page's cumulative sum (1954) of the log likelihood ratio of "shifted by `shift` standard deviations of a story" against
"as usual", over hops with stories; a hop counts by its information, so copies of one event count little. Without a
shift the sum's excursions pass h with probability e^-h at most (Wald), so e^-sum is its p-value.
The sum fades with `fade_days` (closed form in time), so that old evidence does not fire on new calm; and while it is
high the usual mean learns slowly, so a new normal ends the alert by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import Any, ClassVar, Literal

from alerts.detectors.context import NOT_OBSERVED, DetectorContext
from alerts.detectors.contract import NO_FLOOR, Traits
from alerts.detectors.means import Means
from alerts.detectors.persistence import PersistentDetector
from alerts.detectors.tails import statistic
from alerts.records import Verdict, Window
from core.records import UNIT_SCALE
from core.times import DAY, HOUR

_MOST = 30.0
"""The sum is capped here (p = 1e-13), so that it returns to calm within a bounded time."""


@dataclass(frozen=True, slots=True)
class MeanShiftParams:
    """What a rule may set."""

    direction: Literal["up", "down", "both"] = "down"
    shift: float = 0.5
    """The shift looked for, in standard deviations of a story's sentiment."""
    fade_days: float = 7.0
    memory_days: float = 42.0
    warmup_stories: int = 50
    calendar: str = "auto"
    incident_weight: float = 0.2


class MeanShift(PersistentDetector):
    """The detector; see the module's docstring."""

    kind: ClassVar[str] = "mean_shift"
    traits: ClassVar[Traits] = Traits(outlives_window=True)
    with_extra = True

    def __init__(self, params: MeanShiftParams, context: DetectorContext) -> None:
        self.params = params
        self.memory = self.means = Means(context.window_ms, params.memory_days * 24.0, params.calendar)
        self.sums: dict[str, tuple[int, float, float]] = {}
        """Series -> (end of its last hop with stories, sum for up, sum for down)."""

    def extra_state(self, series: str) -> Any:
        """Return (end of its last hop with stories, in epoch ms; sum for up; sum for down), or None."""
        return self.sums.get(series)

    def load_extra(self, series: str, extra: Any) -> None:
        """Restore the sums of the series."""
        at, up, down = extra
        self.sums[series] = (at, up, down)

    def step(self, window: Window, hop: Window, floor: float = NO_FLOOR) -> Verdict:
        """Add the hop to the sums, judge them, then learn the hop. NOT_OBSERVED for an unobserved window."""
        means, series, params = self.means, window.series, self.params
        self.begin_step(series, floor)
        if not window.observed:
            return NOT_OBSERVED
        market = means.market(series)
        mean, belief, correlation = means.expect(
            market, series, market.calendar.bin((window.end - 1) // HOUR)
        )
        last, up, down = self.sums.get(series, (window.end, 0.0, 0.0))
        fade = exp(-(window.end - last) / (params.fade_days * DAY))
        up, down = up * fade, down * fade
        known = market.learned >= params.warmup_stories
        n = hop.decided
        if n > 0 and known:
            noise = (1.0 + (n - 1.0) * correlation) / n + 1.0 / belief
            off = (hop.sentiment_sum / n / UNIT_SCALE - mean) / sqrt(market.variance)
            off = min(max(off, -3.0), 3.0)
            up = min(_MOST, max(0.0, up + params.shift * (off - params.shift / 2.0) / noise))
            down = min(_MOST, max(0.0, down + params.shift * (-off - params.shift / 2.0) / noise))
        height = {"up": up, "down": down, "both": max(up, down)}[params.direction]
        p = min(1.0, (2.0 if params.direction == "both" else 1.0) * exp(-height))
        if n > 0:
            self.sums[series] = (window.end, up, down)
            weight = params.incident_weight if known and p < 0.01 else 1.0
            total, squares = hop.sentiment_sum / UNIT_SCALE, hop.sentiment_squares / (UNIT_SCALE * UNIT_SCALE)
            means.learn(series, market, hop.start, hop.end, n, total, squares, weight)
        count = window.decided
        if not count:
            return Verdict(statistic(p), p, None, mean, None, None, False, "no story in the window")
        error = sqrt(
            max(market.variance, 1e-9) * ((1.0 + (count - 1.0) * correlation) / count + 1.0 / belief)
        )
        seen = window.sentiment_sum / count / UNIT_SCALE
        low, high = max(-1.0, mean - 1.96 * error), min(1.0, mean + 1.96 * error)
        return Verdict(
            statistic(p), p, seen, mean, low, high, known, "" if known else "learning the usual sentiment"
        )
