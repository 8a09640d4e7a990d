"""Volume: more (or fewer) stories than are expected in this hour of the week. Negative binomial, mid-p.

The mean is the baseline's over the window; the variance is mean + mean²/size, where 1/size adds the series'
over-dispersion (news comes in clusters) to what is not yet known of its level (a Gamma posterior: Poisson-Gamma
is a negative binomial). Stories are counted, not articles: copies are no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from alerts.baselines.counts import FIRST_WEEK, Baseline
from alerts.baselines.market_baseline import MarketBaseline
from alerts.baselines.memory import UNUSUAL_P
from alerts.detectors.context import NOT_OBSERVED, DetectorContext
from alerts.detectors.contract import NO_FLOOR, Traits
from alerts.detectors.persistence import PersistentDetector
from alerts.detectors.tails import count_band, directed, negative_binomial_tail, statistic
from alerts.records import Verdict, Window


@dataclass(frozen=True, slots=True)
class VolumeParams:
    """What a rule may set."""

    direction: Literal["up", "down", "both"] = "up"
    memory_days: float = 14.0
    """How fast the level forgets; the hours of the week forget four times slower."""
    warmup_hours: float = 24.0
    warmup_stories: int = 30
    calendar: str = "auto"
    """A MIC such as XNYS, "none", or auto: by the series' country or language."""
    incident_weight: float = 0.25
    """Share of an excess that is learned from windows with p < 0.003."""


class Volume(PersistentDetector):
    """The detector; see the module's docstring. What it counts may be narrowed: see `negative_volume`."""

    kind: ClassVar[str] = "volume"
    traits: ClassVar[Traits] = Traits(learns_after_leaving=True)

    def __init__(self, params: VolumeParams, context: DetectorContext) -> None:
        self.params = params
        self.memory = self.baseline = Baseline(context.window_ms, params.memory_days * 24.0, params.calendar)

    def counted(self, window: Window) -> int:
        """Return the number of stories to judge, of a window or a hop."""
        return window.stories

    def can_count(self, window: Window) -> bool:
        """Return whether the window has stories whose number can be judged; without them nothing fires."""
        return True

    def step(self, window: Window, hop: Window, floor: float = NO_FLOOR) -> Verdict:
        """Judge the number that `counted` returns of `window`, then learn that of `hop`. Never raises."""
        baseline, series, params = self.baseline, window.series, self.params
        self.begin_step(series, floor)
        market = baseline.market(series)
        if not window.observed:
            if not hop.observed:
                baseline.skip(series, market, hop.start, hop.end)
            return NOT_OBSERVED
        seen = self.counted(window)
        mean, size = baseline.expect(
            market, baseline.states.get(series), window.start, window.end, either=True
        )
        p_up = negative_binomial_tail(seen, mean, size) if mean > 0.0 else 1.0
        p = directed(p_up, params.direction)
        low, high = count_band(mean, size)
        known = (
            market.live >= params.warmup_hours
            and market.learned >= params.warmup_stories
            and baseline.knows_rhythm(market, window.start, window.end)
        )
        enough = known and self.can_count(window)
        found = statistic(p)
        self.memory.note_statistic(found if enough else 0.0)
        if enough and p_up < UNUSUAL_P and market.live >= FIRST_WEEK:
            baseline.mark_unusual(series, market, window.end)
        if hop.stories > 0:
            self._learn(series, market, hop)
        return Verdict(
            found, p, float(seen), mean, low, high, enough, "" if enough else "learning the rhythm"
        )

    def _learn(self, series: str, market: MarketBaseline, hop: Window) -> None:
        """Of a hop in a window out of the ordinary, only a share of what is above the usual."""
        baseline, seen = self.baseline, self.counted(hop)
        believed = float(seen)
        if baseline.was_unusual(series, hop.end):
            usual, _ = baseline.expect(market, baseline.states[series], hop.start, hop.end, either=True)
            if believed > usual:
                believed = usual + self.params.incident_weight * (believed - usual)
        baseline.learn(series, market, hop.start, hop.end, believed, seen)
