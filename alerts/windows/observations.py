"""What one article says of one series: what panes hold and windows add up. Integers only.

An article gives one observation to each of its series; a company's series takes the mention's own sentiment, all
others the article's. Which series those are: alerts/windows/naming.py.
"""

from __future__ import annotations

from typing import NamedTuple

from core.records import UNIT_SCALE


class Observation(NamedTuple):
    """One article in one series (or several with the same sentiment)."""

    at: int
    """available_at."""
    article: str
    story: str
    publisher: str
    source: str
    decided: int
    """1 where the model did not abstain."""
    label: int
    """-1 negative, 0 neutral, 1 positive; 0 where it abstained."""
    sentiment: int
    """p_positive - p_negative, 1/10,000; 0 where it abstained."""
    novelty: int = UNIT_SCALE
    """1/10,000: the first article of a story has 1, the next ones less."""
    trust: int = UNIT_SCALE
    """Of the publisher, 1/10,000."""


def label_of(p_negative: int, p_neutral: int, p_positive: int) -> int:
    """Return -1, 0 or 1: the class that is more probable than either other; neutral where two are equal.

    >>> label_of(5000, 3000, 2000), label_of(4000, 2000, 4000), label_of(1000, 3000, 6000)
    (-1, 0, 1)
    """
    if p_negative > p_neutral and p_negative > p_positive:
        return -1
    if p_positive > p_neutral and p_positive > p_negative:
        return 1
    return 0


def divide(total: int, count: int) -> int:
    """Return the nearest integer to total / count, halves rounded up: the same on every machine.

    >>> divide(5, 2), divide(-5, 2), divide(7, 3)
    (3, -2, 2)
    """
    return (2 * total + count) // (2 * count)
