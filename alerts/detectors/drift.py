"""Drift: sentiment has slid slowly over weeks. The mean of the last week or so against that of the months before.

Two exponentially faded means of a story's sentiment, `recent_days` and `memory_days`, and their difference in
standard errors. Both hold the recent stories, so their errors go together: the variance of the difference is the sum
of squared differences of the two weights of each story, kept exactly as three faded sums (of w², u² and wu), each
story counted for more where many of its window speak of one event (design effect). Without the third sum the
first months would appear calmer than they are, and a threshold fitted to them would be too low afterwards.
The reference follows, so a drift that has ended becomes normal.
Everything fades in live time (market_baseline.py): weeks without any news are no drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import Any, ClassVar, Literal

from alerts.detectors.context import NOT_OBSERVED, DetectorContext
from alerts.detectors.contract import NO_FLOOR, Traits
from alerts.detectors.means import Means
from alerts.detectors.persistence import PersistentDetector
from alerts.detectors.sentiment import one_sided
from alerts.detectors.tails import statistic
from alerts.records import Verdict, Window
from core.records import UNIT_SCALE
from core.times import HOUR

_Faded = tuple[float, float, float, float, float, float, float, float]
NONE = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""All but the time, of a series without any story."""


@dataclass(frozen=True, slots=True)
class DriftParams:
    """What a rule may set."""

    direction: Literal["up", "down", "both"] = "down"
    recent_days: float = 7.0
    memory_days: float = 56.0
    warmup_stories: int = 100
    """Over the market; a series needs a fifth of them itself."""
    calendar: str = "auto"


class Drift(PersistentDetector):
    """The detector; see the module's docstring."""

    kind: ClassVar[str] = "drift"
    traits: ClassVar[Traits] = Traits(outlives_window=True)
    with_extra = True

    def __init__(self, params: DriftParams, context: DetectorContext) -> None:
        self.params = params
        self.memory = self.means = Means(context.window_ms, params.memory_days * 24.0, params.calendar)
        self.faded: dict[str, _Faded] = {}
        """Series -> (live hours, weight and sum of the recent mean, weight and sum of the long one, squared weights
        of the recent mean, of the long one, and the products of both)."""

    def extra_state(self, series: str) -> Any:
        """Return the two decayed means and their weights (see `faded`), or None."""
        return self.faded.get(series)

    def load_extra(self, series: str, extra: Any) -> None:
        """Restore what `extra_state` returned, of this or the previous format."""
        live, n, total, many, whole, *squares = extra
        if not squares:  # kept before the squares were: what they are at a steady pace
            squares = [n / 2.0, many / 2.0, n * many / (n + many) if n else 0.0]
        ww, uu, wu = squares
        self.faded[series] = (live, n, total, many, whole, ww, uu, wu)

    def step(self, window: Window, hop: Window, floor: float = NO_FLOOR) -> Verdict:
        """Judge the difference of the two means with the hop in it, then learn it. Never raises."""
        means, series, params = self.means, window.series, self.params
        self.begin_step(series, floor)
        if not window.observed:
            return NOT_OBSERVED
        market = means.market(series)
        if hop.decided > 0:
            self._learn(window, hop)
        live, n, total, many, whole, ww, uu, wu = self.faded.get(series, (market.live, *NONE))
        if n <= 0.0:
            return Verdict(0.0, None, None, None, None, None, False, "no story yet")
        fade = exp(-max(0.0, market.live - live) / (params.recent_days * 24.0))
        recent, usual = total / n, whole / many
        # Without news both means stay and so does their difference, but it says less of now: less by the fade.
        apart = max(ww / (n * n) + uu / (many * many) - 2.0 * wu / (n * many), 1e-9) / max(fade, 1e-6)
        error = sqrt(max(market.variance, 1e-6) * apart)
        p = one_sided((recent - usual) / error, params.direction)
        enough = (
            market.learned >= params.warmup_stories
            and 5.0 * many >= params.warmup_stories
            and market.live >= 2.0 * 24.0 * params.recent_days
            and 2.0 * n * fade >= 5.0
        )
        low, high = max(-1.0, usual - 1.96 * error), min(1.0, usual + 1.96 * error)
        why = "" if enough else "too few stories of late, or too short a history"
        return Verdict(statistic(p), p, recent, usual, low, high, enough, why)

    def _learn(self, window: Window, hop: Window) -> None:
        params, means, series = self.params, self.means, hop.series
        market = means.market(series)
        n, total, squares = (
            hop.decided,
            hop.sentiment_sum / UNIT_SCALE,
            hop.sentiment_squares / (UNIT_SCALE * UNIT_SCALE),
        )
        means.learn(series, market, hop.start, hop.end, n, total, squares, 1.0)
        _, _, correlation = means.expect(market, series, market.calendar.bin((window.end - 1) // HOUR))
        each = n * (1.0 + max(0.0, window.decided - 1.0) * correlation)
        last, recent, recent_sum, many, whole, ww, uu, wu = self.faded.get(series, (market.live, *NONE))
        hours = market.live - last
        quick, slow = exp(-hours / (params.recent_days * 24.0)), exp(-hours / (params.memory_days * 24.0))
        self.faded[series] = (
            market.live,
            recent * quick + n,
            recent_sum * quick + total,
            many * slow + n,
            whole * slow + total,
            ww * quick * quick + each,
            uu * slow * slow + each,
            wu * quick * slow + each,
        )
