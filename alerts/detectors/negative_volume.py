"""Negative volume: more negative stories than this hour of the week lets expect. Negative binomial, mid-p.

A burst of bad news is both: more stories than usual, and worse ones. Tested one by one each half is weak where a
series is thin (six stories instead of a half; six of six negative), while six negative ones instead of a tenth are not.
So counts of negative stories get a baseline of their own, as those of all stories have (alerts/baselines.py): level,
hours of the week, over-dispersion. A launch that everybody praises is no burst here.
"""

from __future__ import annotations

from alerts.baselines import FIRST_WEEK, ODD, Baseline
from alerts.detectors.context import NOT_OBSERVED, Context
from alerts.detectors.keep import Kept
from alerts.detectors.tails import count_band, negative_binomial_tail, statistic
from alerts.detectors.volume import VolumeParams
from alerts.records import Verdict, Window


class NegativeVolumeParams(VolumeParams):
    """What a rule may set: the same as for `volume`; warm-up counts negative stories."""


class NegativeVolume(Kept):
    """The detector; see the module's docstring."""

    kind = "negative_volume"

    def __init__(self, params: VolumeParams, context: Context) -> None:
        self.params = params
        self.memory = self.baseline = Baseline(context.window_ms, params.memory_days * 24.0, params.calendar)

    def step(self, window: Window, hop: Window) -> Verdict:
        """Judge `window.negative`, then learn `hop.negative`. Never raises."""
        baseline, series = self.baseline, window.series
        self.begin(series)
        pool = baseline.pool(series)
        if not window.observed:
            if not hop.observed:
                baseline.skip(series, pool, hop.start, hop.end)
            return NOT_OBSERVED
        seen = window.negative
        mean, size = baseline.expect(pool, baseline.tracks.get(series), window.start, window.end, either=True)
        p = p_up = negative_binomial_tail(seen, mean, size) if mean > 0.0 else 1.0
        if self.params.direction != "up":
            p = 1.0 - p if self.params.direction == "down" else min(1.0, 2.0 * min(p, 1.0 - p))
        low, high = count_band(mean, size)
        enough = (
            window.decided > 0
            and pool.live >= self.params.warmup_hours
            and pool.learned >= self.params.warmup_stories
        )
        if enough and p_up < ODD and pool.live >= FIRST_WEEK:
            baseline.odd(series, pool, window.end)
        if hop.stories > 0:
            learned = float(hop.negative)
            if learned and baseline.was_odd(series, hop.end):
                usual, _ = baseline.expect(pool, baseline.tracks[series], hop.start, hop.end, either=True)
                if learned > usual:
                    learned = usual + self.params.incident_weight * (learned - usual)
            baseline.learn(series, pool, hop.start, hop.end, learned, hop.negative)
        return Verdict(
            statistic(p), p, float(seen), mean, low, high, enough, "" if enough else "learning the rhythm"
        )
