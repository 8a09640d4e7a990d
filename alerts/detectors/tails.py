"""Tail probabilities of counts, in plain Python: a detector's hot path makes no array and no library call.

Mid-p throughout (Lancaster 1961): P(X > x) + P(X = x)/2, so that a discrete test is neither conservative
nor, on average over the null, anti-conservative. Each function's relative error against scipy is tested.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p, log10, sqrt

SMALLEST = 1e-300
_TERMS = 400
"""A tail of more terms than this is taken from the continuous approximation instead."""
_LIKELY = 0.01
"""Where a count itself is so likely, its tail is one less what is below it, and loses no more than three digits."""


def statistic(p: float) -> float:
    """-log10(p), the detectors' common scale; p = 0 gives 300.

    >>> statistic(0.001)
    3.0
    """
    return -log10(p) if p > SMALLEST else 300.0


def directed(p_up: float, direction: str) -> float:
    """Return the p-value in `direction` (up, down or both) from `p_up`, the mid-p value of "more than expected".

    >>> directed(0.2, "both")
    0.4
    """
    if direction == "up":
        return p_up
    return 1.0 - p_up if direction == "down" else min(1.0, 2.0 * min(p_up, 1.0 - p_up))


def beta_tail(x: float, a: float, b: float) -> float:
    """P(Beta(a, b) > x), by the continued fraction (Lentz's method; Press et al., Numerical Recipes 6.4)."""
    if x <= 0.0:
        return 1.0
    if x >= 1.0:
        return 0.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x > (a + 1.0) / (a + b + 2.0):
        return front * _fraction(1.0 - x, b, a) / b
    return 1.0 - front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    # Floats throughout, no calls: Python does arithmetic of two floats at twice the speed of an integer and a float.
    tiny = 1e-290
    whole = a + b
    c, d = 1.0, 1.0 - whole * x / (a + 1.0)
    d = 1.0 / (tiny if -tiny <= d <= tiny else d)
    value, m = d, 0.0
    while m < 2999.0:
        m += 1.0
        middle = a + 2.0 * m
        even = m * (b - m) * x / ((middle - 1.0) * middle)
        d = 1.0 + even * d
        c = 1.0 + even / c
        d = 1.0 / (tiny if -tiny <= d <= tiny else d)
        c = tiny if -tiny <= c <= tiny else c
        value *= d * c
        odd = -(a + m) * (whole + m) * x / (middle * (middle + 1.0))
        d = 1.0 + odd * d
        c = 1.0 + odd / c
        d = 1.0 / (tiny if -tiny <= d <= tiny else d)
        c = tiny if -tiny <= c <= tiny else c
        value *= d * c
        if -1e-12 < d * c - 1.0 < 1e-12:
            break
    return value


def negative_binomial_tail(x: int, mean: float, size: float) -> float:
    """Mid-p upper tail at `x` of the negative binomial with this mean and variance mean + mean²/size.

    >>> round(negative_binomial_tail(0, 1.0, 2.0), 4)   # 1 - P(0)/2
    0.7778
    """
    if mean <= 0.0:
        return 1.0 if x <= 0 else 0.0
    q = mean / (mean + size)
    if x <= 0:
        return 1.0 - 0.5 * exp(size * log1p(-q))
    at_x = exp(lgamma(x + size) - lgamma(size) - lgamma(x + 1.0) + size * log1p(-q) + x * log(q))
    ratio = q * (x + size) / (x + 1.0)
    likely = at_x > _LIKELY and x <= 30
    if x > mean and ratio < 1.0 - 20.0 / _TERMS and not likely:
        total, term, k = 0.5 * at_x, at_x, float(x)
        while True:
            up = k + 1.0
            term *= q * (k + size) / up
            k = up
            total += term
            if term < 1e-13 * total:
                return total
    if likely or (x <= mean and x <= 30):
        below, term, k = 0.0, at_x, float(x)
        while k > 0.0:
            down = k - 1.0
            term *= k / (q * (down + size))
            k = down
            below += term
        return max(0.0, 1.0 - below - 0.5 * at_x)
    # P(X >= x) = I_q(x, size): exact for integers too, only slower.
    return (
        max(0.0, 1.0 - beta_tail(q, float(x), size) - 0.5 * at_x)
        if x <= mean
        else max(SMALLEST, _lower(q, float(x), size) - 0.5 * at_x)
    )


def _lower(x: float, a: float, b: float) -> float:
    """P(Beta(a, b) <= x), with full relative precision when it is small."""
    return beta_tail(1.0 - x, b, a)


def beta_binomial_tail(k: int, n: int, share: float, precision: float) -> float:
    """Mid-p upper tail at `k` of `n` where the share itself is Beta with this mean and precision (a + b).

    Beyond some hundred terms the sum is taken as a Beta with the same mean and variance.

    >>> round(beta_binomial_tail(3, 3, 0.5, 1e9), 4)    # half of 1/8
    0.0625
    """
    a, b = share * precision, (1.0 - share) * precision
    if n <= 0 or k <= 0:
        if n <= 0:
            return 0.5
        zero = exp(lgamma(n + b) - lgamma(b) + lgamma(precision) - lgamma(n + precision))
        return 1.0 - 0.5 * zero
    if n > _TERMS:
        variance = share * (1.0 - share) * (1.0 + (n - 1.0) / (precision + 1.0)) / n
        whole = share * (1.0 - share) / variance - 1.0
        return max(SMALLEST, beta_tail(k / n, share * whole, (1.0 - share) * whole))
    at_k = exp(
        lgamma(n + 1.0)
        - lgamma(k + 1.0)
        - lgamma(n - k + 1.0)
        + lgamma(k + a)
        - lgamma(a)
        + lgamma(n - k + b)
        - lgamma(b)
        + lgamma(precision)
        - lgamma(n + precision)
    )
    total, term, j, most, rest = 0.5 * at_k, at_k, float(k), float(n), b + n
    if k >= share * n:
        while j < most:
            term *= (most - j) / (j + 1.0) * (a + j) / (rest - j - 1.0)
            j += 1.0
            total += term
            if term < 1e-13 * total:
                break
        return total
    while j > 0.0:
        term *= j / (most - j + 1.0) * (rest - j) / (a + j - 1.0)
        j -= 1.0
        total += term
        if term < 1e-13 * total:
            break
    return max(0.0, 1.0 - total)


def normal_tail(z: float) -> float:
    """P(Z > z) of the standard normal, with full relative precision in the far tail (to z = 37).

    >>> round(normal_tail(1.6448536), 6)
    0.05
    """
    from math import erfc

    return 0.5 * erfc(z / 1.4142135623730951)


def count_band(mean: float, size: float, z: float = 1.96) -> tuple[float, float]:
    """Return (low, high) of the central 95 % of the negative binomial with `mean` and `size`, approximately.

    Wilson and Hilferty 1931, on the matching gamma. `z`: normal quantile; (0, 0) for a mean of 0.
    """
    if mean <= 0.0:
        return 0.0, 0.0
    shape = mean * size / (mean + size)
    centre, spread = 1.0 - 1.0 / (9.0 * shape), z / (3.0 * sqrt(shape))
    low, high = centre - spread, centre + spread
    return (mean * low * low * low if low > 0.0 else 0.0), max(mean, mean * high * high * high)


def share_band(n: int, share: float, precision: float, z: float = 1.96) -> tuple[float, float]:
    """Return (low, high), from 0 to 1, of the central 95 % of k/n of the beta-binomial, approximately.

    Wilson's score interval with its effective n. `z`: normal quantile.
    """
    effective = n * (precision + 1.0) / (precision + n) if n > 0 else 1.0
    z2 = z * z
    centre = (share + z2 / (2.0 * effective)) / (1.0 + z2 / effective)
    half = (
        z
        * sqrt(share * (1.0 - share) / effective + z2 / (4.0 * effective * effective))
        / (1.0 + z2 / effective)
    )
    return max(0.0, centre - half), min(1.0, centre + half)
