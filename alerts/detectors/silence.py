"""Silence: this series should have had news by now, by its own rhythm of weekday, hour and holidays.

The chance of no story at all since the last one, with the baseline's expected count over that time: negative
binomial, P(0) = (1 + mean/size)^-size. So a quiet night, weekend or holiday is no silence, and a bursty series gets
more time than a steady one. After `give_up_days` the series is taken to have ended, and stops firing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log1p
from typing import Any, ClassVar

from alerts.baselines.counts import Baseline
from alerts.detectors.context import DetectorContext
from alerts.detectors.contract import NO_FLOOR, Traits
from alerts.detectors.persistence import PersistentDetector
from alerts.detectors.tails import count_band, statistic
from alerts.records import Verdict, Window
from core.times import DAY, HOUR


@dataclass(frozen=True, slots=True)
class SilenceParams:
    """What a rule may set."""

    memory_days: float = 28.0
    warmup_hours: float = 168.0
    warmup_stories: int = 30
    """Of the series itself (faded) before its silence means anything."""
    give_up_days: float = 21.0
    calendar: str = "auto"


class SilenceDetector(PersistentDetector):
    """The detector; see the module's docstring."""

    kind: ClassVar[str] = "silence"
    traits: ClassVar[Traits] = Traits(detects_absence=True)
    with_extra = True

    def __init__(self, params: SilenceParams, context: DetectorContext) -> None:
        self.params = params
        self.window = context.window_ms
        self.memory = self.baseline = Baseline(context.window_ms, params.memory_days * 24.0, params.calendar)
        self.last: dict[str, int] = {}
        """Series -> end of its last hop with a story."""

    def extra_state(self, series: str) -> Any:
        """End of its last hop with a story (epoch ms)."""
        return self.last.get(series)

    def load_extra(self, series: str, extra: Any) -> None:
        """Restore it."""
        self.last[series] = extra

    def step(self, window: Window, hop: Window, floor: float = NO_FLOOR) -> Verdict:
        """Judge the quiet up to window.end, then learn the hop. Never raises.

        A source that is not being read is the very thing to be detected: `observed` is not asked for.
        """
        baseline, series, params = self.baseline, window.series, self.params
        self.begin_step(series, floor)
        market = baseline.market(series)
        if hop.stories > 0:
            baseline.learn(series, market, hop.start, hop.end, float(hop.stories), hop.stories)
            self.last[series] = hop.end
            return Verdict(0.0, 1.0, float(hop.stories), None, None, None, self._known(series), "it speaks")
        since = self.last.get(series)
        if since is None or since >= window.end:
            return Verdict(0.0, None, None, None, None, None, False, "it never spoke")
        quiet = window.end - since
        if quiet > params.give_up_days * DAY:
            return Verdict(
                0.0, None, 0.0, None, None, None, False, "quiet for so long that it seems to have ended"
            )
        mean, size = self._expected(series, since, window.end)
        p = exp(-size * log1p(mean / size)) if mean > 0.0 else 1.0
        low, high = count_band(mean, size)
        enough = self._known(series)
        why = "" if enough else "learning its rhythm"
        return Verdict(statistic(p), p, 0.0, mean, low, high, enough, why, since)

    def absent(self, series: str) -> bool:
        """Forget when the series last had a story: it starts again with its next one. Return True."""
        self.last.pop(series, None)
        return True

    def _known(self, series: str) -> bool:
        state = self.baseline.states.get(series)
        market = self.baseline.market(series)
        return (
            state is not None
            and state.slow >= self.params.warmup_stories * market.at_slow
            and market.live >= self.params.warmup_hours
        )

    def _expected(self, series: str, start: int, end: int) -> tuple[float, float]:
        baseline = self.baseline
        market, state = baseline.market(series), baseline.states.get(series)
        mean, size = baseline.expect(market, state, start, end)
        # The spread was learned over one window; over k windows' quiet it averages out k-fold.
        return mean, size * max(1.0, (end - start) / self.window)

    def next_due(self, series: str, at: int) -> int | None:
        """Return when (epoch ms) about one more story is expected after `at`; None: unknown, or silent too long."""
        since = self.last.get(series)
        if since is None or not self._known(series) or at - since > self.params.give_up_days * DAY:
            return None
        baseline = self.baseline
        market, state = baseline.market(series), baseline.states.get(series)
        missing, moment = 1.0, at
        for _ in range(int(self.params.give_up_days * 24) + 1):
            stop = moment - moment % HOUR + HOUR
            mean, _ = baseline.expect(market, state, moment, stop)
            if mean >= missing:
                return moment + max(1, int((stop - moment) * missing / mean))
            missing -= mean
            moment = stop
        return moment
