"""95 % intervals: Wilson's of a share, Garwood's of a count, and the quantile of Student's t."""

from __future__ import annotations

import math

_Z = 1.959963984540054


def wilson(k: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval (low, high) of the share k of n; (0, 1) for n = 0.

    >>> [round(x, 3) for x in wilson(8, 11)]
    [0.434, 0.903]
    """
    if n <= 0:
        return 0.0, 1.0
    share, z2 = k / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if k == 0 else max(0.0, middle - half)
    return low, 1.0 if k == n else min(1.0, middle + half)


def garwood(k: int) -> tuple[float, float]:
    """Return the exact Poisson 95 % interval (low, high) of a count (Garwood 1936).

    >>> [round(x, 2) for x in garwood(10)]
    [4.8, 18.39]
    """
    from scipy.special import gammaincinv

    low = 0.0 if k == 0 else float(gammaincinv(k, 0.025))
    return low, float(gammaincinv(k + 1, 0.975))


def student(degrees: float) -> float:
    """Return the 97.5 % quantile of Student's t with so many degrees of freedom.

    >>> round(student(10), 3)
    2.228
    """
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.975))
