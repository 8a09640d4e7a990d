"""From the peaks of a rule's episodes and a budget of onsets to a threshold.

The threshold is the level that, by the tail of those peaks, as many a week pass as the budget allows
(alerts/thresholds/tail.py), with a 90 % interval. With too little history for the rate asked (under
LEAST_WEEKS, or under LEAST_PEAKS) it is the conservative tail (conservative.py), and says so. Peaks far beyond
the tail of all others are assumed to be incidents without a disposition yet: an early crash must not keep the
rule silent for months.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import NamedTuple

from alerts.detectors.tails import normal_tail
from alerts.thresholds import tail
from alerts.thresholds.conservative import ConservativeTail, count_bouts
from alerts.thresholds.episodes import FLOOR
from alerts.thresholds.fit import FitBasis

LEAST_WEEKS = 4.0
LEAST_PEAKS = 8
LOWEST = 1.0
"""No budget's threshold lies lower: what happens in one window of ten is not unusual. A budget may so go unspent."""
MOST = 3.0
"""Incidents without a disposition, per onset that the budget allows: with more, p-values are wrong."""
PROOF_WEEKS = 1.0
"""From so much history on, episodes may prove a level below the conservative tail's (`_proven`)."""
PROVING = tail.NEAR // 2
"""So many peaks are a tail of their own, of which the upper bound is proof."""
LEAST_PROVEN = 2.0
"""Nor that lower than what happens in one window of a hundred: one bad story of a thin series proves nothing."""

Timed = tuple[float, int]
"""(statistic, epoch ms) of a peak."""


class FittedLevel(NamedTuple):
    """A threshold, what it rests on, how it was found in words, and its 90 % interval where there is one."""

    level: float
    basis: FitBasis
    method: str
    low: float | None = None
    high: float | None = None


def fit_level(
    timed: list[Timed], own: list[Timed], weeks: float, conservative: ConservativeTail
) -> FittedLevel:
    """Return the threshold that peaks of `weeks` weeks give, the highest first.

    `own`: those of `timed` that are no echoes of true alarms in other series (alerts/thresholds/echoes.py).
    """
    allowed = conservative.budget * weeks
    peaks = [peak for peak, _ in timed]
    n = float(len(peaks))
    if weeks >= LEAST_WEEKS and allowed >= n + 2.0 * n**0.5 + 3.0:
        return FittedLevel(LOWEST, FitBasis.WITHIN_BUDGET, "every episode so far fits the budget")
    if weeks < LEAST_WEEKS or n < LEAST_PEAKS:
        return _with_little_history(peaks, own, weeks, conservative)
    if allowed >= n:
        return FittedLevel(LOWEST, FitBasis.WITHIN_BUDGET, "every episode so far fits the budget")
    low, high = tail.interval(peaks, allowed)
    how = "peaks over threshold, declustered"
    if out := tail.incidents(peaks, allowed):
        how += f"; {out} beyond that tail taken for incidents"
    level, usual = tail.level(peaks, allowed), conservative.level()
    if level > usual and len(own) < len(timed):
        without = fit_level(own, own, weeks, conservative)
        how = f"conservative tail; {len(timed) - len(own)} peaks that tell of true alarms left out"
        return without if without.level > usual else FittedLevel(usual, FitBasis.CONSERVATIVE, how)
    if level > usual:
        out, share = _incidents(timed, usual, allowed)
        if share == 0.0:
            how = (
                f"conservative tail; {out} peaks that reach far beyond it taken for incidents nobody disposed"
            )
            return FittedLevel(usual, FitBasis.CONSERVATIVE, how)
        if share < 1.0:
            # More bouts than there would be incidents: the more there are, the more they count as what they are
            # without a disposition, the rule's own tail.
            how += f"; {out} far beyond the conservative tail, {share:.0%} of the way from there to what they say"
            part = [usual + share * (end - usual) for end in (level, min(low, level), max(high, level))]
            return FittedLevel(part[0], FitBasis.PEAKS, how, part[1], part[2])
    return FittedLevel(max(LOWEST, level), FitBasis.PEAKS, how, max(LOWEST, low), max(LOWEST, high))


def _with_little_history(
    peaks: list[float], own: list[Timed], weeks: float, conservative: ConservativeTail
) -> FittedLevel:
    """Return the conservative tail, raised where too much is above it, or lower where episodes prove that."""
    allowed = conservative.budget * weeks
    start, how = conservative.start(own, allowed)
    above, bound = sum(peak >= start for peak, _ in own), allowed + 3.0 * allowed**0.5 + 3.0
    _, share = _incidents(own, start, allowed)
    if above > bound and share > 0.0:
        # Not one incident, but many onsets: p-values are not as good as they claim. So little history cannot
        # say by how much, so the step to what it says grows with the evidence for it.
        level = tail.level([peak for peak, _ in own], max(allowed, 1.0))
        raised = start + max(level - start, 0.0) * min(above / bound - 1.0, share)
        how = f"{how}, raised: {above} onsets above it in too little history"
        return FittedLevel(raised, FitBasis.RAISED, how)
    if weeks >= PROOF_WEEKS:
        proof = _proven(peaks, [peak for peak, _ in own], allowed)
        if proof.level < start:
            return proof
    return FittedLevel(start, FitBasis.LITTLE_HISTORY, f"{how}: too little history")


def _proven(peaks: Sequence[float], own: Sequence[float], allowed: float) -> FittedLevel:
    """Return the lowest level that so little history proves; `own` are the peaks without echoes.

    A rule that seldom has its evidence cannot spend its budget on all the chances that the conservative tail counts:
    few episodes prove that by their number, enough of them by their own tail, at the upper bound of its interval.
    """
    level = tail.proven(peaks, allowed, FLOOR)
    if len(own) >= PROVING and (bound := tail.bound(own, allowed)) < level:
        level, low = max(LEAST_PROVEN, bound), max(LOWEST, tail.interval(own, allowed)[0])
        how = f"proven by the upper bound of {len(own)} peaks' own tail"
        return FittedLevel(level, FitBasis.PROVEN, how, min(low, level), level)
    return FittedLevel(max(LEAST_PROVEN, level), FitBasis.PROVEN, f"proven by so few episodes: {len(peaks)}")


def _incidents(timed: Sequence[Timed], usual: float, allowed: float) -> tuple[int, float]:
    """Return how many peaks at or above the conservative level `usual` look like incidents, no proof of wrong
    p-values; and which share of what they say against that level counts all the same: 0 none, 1 all.

    Right p-values have an exponential tail of scale 1/ln 10, wrong ones a longer one. Peaks that reach further
    than even tail.LONGEST_FACTOR times that scale lets them, and come in no more bouts of a day than MOST times
    what the budget allows, are incidents: counted as false alarms, they would keep the rule silent for as long
    as it remembers. With more bouts that is less and less likely, until at twice as many all count. (In one
    step, half the budget would be ten decades of a threshold.)
    """
    above = [(peak - usual, when) for peak, when in timed if peak >= usual]
    n = len(above)
    # One crash says nothing of the others, so the highest is left out. A sum of exponentials is Gamma (Wilson and
    # Hilferty 1931).
    rest = n - 1
    if rest < 1:
        return 0, 1.0
    mean = sum(excess for excess, _ in above[1:]) * log(10.0) / tail.LONGEST_FACTOR / rest
    z = (mean ** (1.0 / 3.0) - 1.0 + 1.0 / (9.0 * rest)) * 3.0 * rest**0.5
    if normal_tail(z) >= tail.RARE:
        return 0, 1.0
    most = (1.0 + MOST) * allowed + 3.0
    return n, min(max(count_bouts(when for _, when in above) / most - 1.0, 0.0), 1.0)
