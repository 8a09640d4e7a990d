"""Volume: more (or fewer) stories than this hour of the week lets expect. Negative binomial, mid-p.

The mean is the baseline's over the window; the variance is mean + mean²/size, where 1/size adds the series'
over-dispersion (news comes in clusters) to what is not yet known of its level (a Gamma posterior: Poisson-Gamma
is a negative binomial). Stories are counted, not articles: copies are no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alerts.baselines import FIRST_WEEK, ODD, Baseline
from alerts.detectors.context import NOT_OBSERVED, Context
from alerts.detectors.keep import Kept
from alerts.detectors.tails import count_band, negative_binomial_tail, statistic
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


class Volume(Kept):
    """The detector; see the module's docstring."""

    kind = "volume"

    def __init__(self, params: VolumeParams, context: Context) -> None:
        self.params = params
        self.memory = self.baseline = Baseline(context.window_ms, params.memory_days * 24.0, params.calendar)

    def step(self, window: Window, hop: Window) -> Verdict:
        """Judge `window.stories`, then learn `hop.stories`. Never raises."""
        baseline, series = self.baseline, window.series
        self.begin(series)
        pool = baseline.pool(series)
        if not window.observed:
            if not hop.observed:
                baseline.skip(series, pool, hop.start, hop.end)
            return NOT_OBSERVED
        track = baseline.tracks.get(series)
        seen = window.stories
        mean, size = baseline.expect(pool, track, window.start, window.end, either=True)
        p = negative_binomial_tail(seen, mean, size) if mean > 0.0 else 1.0
        p_up = p
        if self.params.direction != "up":
            p = 1.0 - p if self.params.direction == "down" else min(1.0, 2.0 * min(p, 1.0 - p))
        low, high = count_band(mean, size)
        enough = pool.live >= self.params.warmup_hours and pool.learned >= self.params.warmup_stories
        if enough and p_up < ODD and pool.live >= FIRST_WEEK:
            baseline.odd(series, pool, window.end)
        if hop.stories > 0:
            learned = float(hop.stories)
            if baseline.was_odd(series, hop.end):
                usual, _ = baseline.expect(pool, baseline.tracks[series], hop.start, hop.end, either=True)
                if learned > usual:
                    learned = usual + self.params.incident_weight * (learned - usual)
            baseline.learn(series, pool, hop.start, hop.end, learned, hop.stories)
        return Verdict(
            statistic(p), p, float(seen), mean, low, high, enough, "" if enough else "learning the rhythm"
        )
