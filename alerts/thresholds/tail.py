"""The tail of a rule's own statistic: which level do so many alert onsets a week pass? (Peaks over threshold.)

Pickands (1975): what exceeds a high enough level is generalised Pareto. Siffer et al. (KDD 2017, SPOT) use that to
set a stream's threshold for a wanted risk; here the risk is a rate: onsets a week, of peaks already declustered.
Fitted by probability-weighted moments (Hosking and Wallis 1987): closed form, steady with few peaks. The statistic is
a -log10 of a p-value, whose tail is exponential where the p-values are right: the shape is shrunk to 0 the fewer peaks
there are, and held within ±0.3.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import exp, log

NEAR = 30
"""Peaks in the fit, at the least; beyond that four times what the budget allows."""
PRIOR_PEAKS = 40.0
"""Peaks' worth of belief in an exponential tail."""
_STEEPEST = 0.3
STEP = 1e-6
"""The next higher level: what reaches a threshold fires."""
RARE = 0.01
LONGEST_FACTOR = 3.0
"""How much longer than its p-values say a rule's tail is assumed to be at the most, until its peaks show it."""
RIGHT = 1.0 / log(10.0)
"""Scale of the tail that right p-values have."""
LONGEST = LONGEST_FACTOR * RIGHT
"""Scale of the longest tail that is assumed."""


def fit_pareto(excesses: Sequence[float]) -> tuple[float, float]:
    """Return (scale, shape) of the generalised Pareto distribution of excesses over a level. ValueError if
    there are none.

    >>> scale, shape = fit_pareto([0.1, 0.2, 0.4, 0.8, 1.6])
    >>> round(scale, 2), round(shape, 2)
    (0.6, 0.03)
    """
    n = len(excesses)
    if n == 0:
        raise ValueError("no excesses")
    ordered = sorted(excesses)
    mean = sum(ordered) / n
    if n < 4 or mean <= 0.0:
        return max(mean, 1e-6), 0.0
    weighted = sum((n - 1 - at) / (n - 1) * value for at, value in enumerate(ordered)) / n
    raw = 2.0 - mean / max(mean - 2.0 * weighted, 1e-9)
    shape = max(-_STEEPEST, min(_STEEPEST, raw)) * n / (n + PRIOR_PEAKS)
    return max(mean * (1.0 - shape), 1e-6), shape


def level(peaks: Sequence[float], allowed: float) -> float:
    """Return the level that `allowed` peaks of as many further weeks pass. `peaks` are in falling order.

    Within the data it lies where the fit of the nearest tail says; beyond it, where that tail goes on. Peaks
    that this tail cannot have made are incidents without a disposition yet, and are left out (`incidents`).
    """
    return _level(peaks[incidents(peaks, allowed) :], allowed)


def _level(peaks: Sequence[float], allowed: float) -> float:
    base, scale, shape, near = _near(peaks, allowed)
    times = near / allowed
    if abs(shape) < 1e-6:
        return base + scale * log(times)
    return base + scale / shape * (exp(shape * log(times)) - 1.0)


def incidents(peaks: Sequence[float], allowed: float) -> int:
    """Return how many of the highest peaks the tail of the others cannot have made (each less likely than RARE).

    >>> incidents([14.0, 9.0] + [2.0 + 0.01 * n for n in range(60, 0, -1)], 4.0)
    2
    """
    out = 0
    most = max(3, min(len(peaks), max(NEAR, int(4.0 * allowed) + 1)) // 8)
    for candidate in range(min(most, len(peaks) - 5), 0, -1):
        base, scale, shape, near = _near(peaks[candidate:], allowed)
        excess = (peaks[candidate - 1] - base) / scale
        chance = exp(-excess) if abs(shape) < 1e-6 else max(1.0 + shape * excess, 0.0) ** (-1.0 / shape)
        if near * chance < RARE:
            out = candidate
            break
    return out


def _near(peaks: Sequence[float], allowed: float) -> tuple[float, float, float, int]:
    """Return (base level, scale, shape) of the tail nearest to what is allowed, and how many peaks it holds."""
    near = min(len(peaks), max(NEAR, int(4.0 * allowed) + 1))
    base = peaks[near] if near < len(peaks) else peaks[-1]
    scale, shape = fit_pareto([peak - base for peak in peaks[:near]])
    return base, scale, shape, near


def proven(peaks: Sequence[float], allowed: float, floor: float) -> float:
    """Return the level that so few peaks prove to be high enough for `allowed` onsets in as long a time.

    The rate of episodes at or above `floor` is at 95 % no more than Poisson's upper bound of their number; a tail of
    scale LONGEST brings that down to what is allowed. No more than allowed have reached the level so far, either.
    `peaks` are in falling order; all are at or above `floor`.

    >>> [round(proven([2.0, 1.4], allowed, 0.5), 2) for allowed in (8.0, 4.0, 2.0, 1.0)]
    [0.5, 1.09, 1.99, 2.89]
    """
    level = floor + LONGEST * max(0.0, log(_poisson_upper_bound(len(peaks)) / allowed))
    return max(level, peaks[int(allowed)] + STEP) if len(peaks) > allowed else level


def _poisson_upper_bound(count: int) -> float:
    """Return the upper 95 % bound of a Poisson mean after `count` events (within 1 %; Wilson and Hilferty 1931).

    >>> round(_poisson_upper_bound(0), 1), round(_poisson_upper_bound(1), 1), round(_poisson_upper_bound(10), 1)
    (3.0, 4.7, 17.0)
    """
    n = count + 1.0
    found: float = n * (1.0 - 1.0 / (9.0 * n) + 1.645 / (3.0 * n**0.5)) ** 3
    return found


def interval(peaks: Sequence[float], allowed: float, draws: int = 100) -> tuple[float, float]:
    """Return the central 90 % (low, high) of `level` over resampled histories: a seeded bootstrap of the peaks."""
    chance = random.Random(len(peaks))
    out = incidents(peaks, allowed)
    peaks = peaks[out : out + max(100, int(6.0 * allowed))]  # the rest lies below any fit
    n = len(peaks)
    found = []
    for _ in range(draws):
        # As many peaks as another history of the same length might have brought.
        count = max(2, round(chance.gauss(n, n**0.5)))
        found.append(_level(sorted(chance.choices(peaks, k=count), reverse=True), allowed))
    found.sort()
    return found[int(0.05 * draws)], found[int(0.95 * draws) - 1]


def bound(peaks: Sequence[float], allowed: float) -> float:
    """Return the upper end of `interval`, and no lower than by a tail as short as right p-values have.

    >>> peaks = [0.5 + 0.1 * n for n in range(19, -1, -1)]
    >>> [round(bound(peaks, allowed), 1) for allowed in (1.0, 2.0)]
    [3.7, 3.1]
    """
    base, _, _, near = _near(peaks[incidents(peaks, allowed) :], allowed)
    return max(interval(peaks, allowed)[1], base + RIGHT * log(_poisson_upper_bound(near) / allowed))
