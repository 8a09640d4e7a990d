"""The conservative tail: the threshold that p-values give, where the rule's own history says too little.

-log10 of budget over chances, where the chances are independent windows a week times series: those of the
rule's own series where its text says how many they are (alerts/rules/selection.py), else of a hundred. Onsets
above the level of the few that are less and less likely to be the budget's move it to that of a hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log10

from core.times import DAY, WEEK

ASSUMED_SERIES = 100
"""Independent series a rule is taken to watch while there is no history; with a known number never more than
these."""
OVERLAP = 4
"""What a known series counts for: evaluated twelve times a window, it passes a level of one in a thousand in
more than four clumps a thousand windows (docs/decisions/0007-few-series.md). The hundred has that in it."""


def few_series(series: int | None) -> int | None:
    """Return `series` where that many, each counted OVERLAP times, are fewer than ASSUMED_SERIES; else None."""
    if series is None or OVERLAP * max(series, 1) >= ASSUMED_SERIES:
        return None
    return series


@dataclass(frozen=True, slots=True)
class ConservativeTail:
    """The conservative tail of a rule at a time. `few`: its number of series where that is known and few."""

    budget: float
    """False alarms a week."""
    window_ms: int
    hop_ms: int
    few: int | None
    weeks: float
    """Weeks with data so far."""
    evaluations: int
    """Evaluations so far."""

    def level(self, series: int = ASSUMED_SERIES) -> float:
        """Return the statistic that `series` independent series pass as often as the budget allows; at least 1."""
        chances = series * WEEK / self.window_ms
        if self.weeks > 1.0:
            chances = max(chances, self.evaluations * self.hop_ms / self.window_ms / self.weeks)
        return max(log10(max(chances / self.budget, 10.0)), 1.0)

    def start(self, timed: Sequence[tuple[float, int]], allowed: float) -> tuple[float, str]:
        """Return (level, its name) after peaks (statistic, epoch ms): of the few series while those bear it out.

        `allowed`: onsets that the budget allows in the weeks so far.
        """
        usual = self.level()
        if self.few is None:
            return usual, "parametric tail"
        level = self.level(OVERLAP * self.few)
        # The first weeks' p-values are the least proven: as many onsets as one in ten that keep the budget would have
        # are proof enough against them. What comes together may have one cause, and counts once.
        bouts = count_bouts((when for peak, when in timed if peak >= level), DAY / max(self.budget, 1.0))
        doubt = min(-log10(_poisson_tail(bouts, max(allowed, 1.0))), 1.0)
        how = f"parametric tail of {self.few} series" if doubt < 1.0 else "parametric tail"
        return level + (usual - level) * doubt, how


def count_bouts(times: Iterable[int], span: float = DAY) -> int:
    """Return the number of bouts among these times (epoch ms); a bout lasts `span` ms from its first."""
    bouts, until = 0, -1.0
    for when in sorted(times):
        if when >= until:
            bouts, until = bouts + 1, when + span
    return bouts


def _poisson_tail(count: int, mean: float) -> float:
    """P(N >= count) of a Poisson; at the least 1e-9."""
    term, less = exp(-mean), 0.0
    for number in range(count):
        less, term = less + term, term * mean / (number + 1)
    return max(1.0 - less, 1e-9)
