"""Figures of a window, each with an interval, NA where there is too little evidence.

`SentimentSums` are mergeable integers: those of parts that share no story add up exactly, in any order;
stories and publishers are unions and come from the observations (alerts/windows/rolling.py). Which interval: shares
have Wilson's (95 %, n = stories decided on); means of sentiment have Student's t over stories; differences (momentum)
have Welch's; counts have the exact Poisson interval (Garwood). Weighted means use the effective number of stories,
(Σw)² / Σw².
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alerts.windows.intervals import garwood, student, wilson
from alerts.windows.observations import Observation, divide
from core.records import UNIT_SCALE

MIN_STORIES = 3
"""Below so many stories decided on, figures of sentiment are NA."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 95 % interval; None where there is too little evidence (NA, never 0)."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: float = 0
    """How much evidence: stories, or their effective number."""


NA = Estimate(None)


@dataclass(slots=True)
class SentimentSums:
    """Integer sums over stories: sentiments in 1/10,000, weights in 1/10,000. They add up exactly."""

    n: int = 0
    negative: int = 0
    positive: int = 0
    total: int = 0
    squares: int = 0
    weights: int = 0
    weight_squares: int = 0
    weighted: int = 0
    weighted_squares: int = 0

    def add(self, sentiment: int, label: int, weight: int = UNIT_SCALE) -> None:
        """Add one story: its sentiment and `weight` in 1/10,000, its label -1, 0 or 1."""
        self.n += 1
        self.negative += label < 0
        self.positive += label > 0
        self.total += sentiment
        self.squares += sentiment * sentiment
        self.weights += weight
        self.weight_squares += weight * weight
        self.weighted += weight * sentiment
        self.weighted_squares += weight * sentiment * sentiment

    def __add__(self, other: SentimentSums) -> SentimentSums:
        """Return the sums of both, which must share no story."""
        return SentimentSums(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def sentiment_sums(observations: Iterable[Observation], weight: str = "") -> SentimentSums:
    """Return the sums over the observations' stories. `weight`: "", `novelty` or `trust` (the largest of a
    story's articles).

    A story's sentiment is the mean over its decided articles, its label their majority.
    """
    stories: dict[str, list[int]] = {}
    for one in observations:
        if not one.decided:
            continue
        held = stories.setdefault(one.story, [0, 0, 0, 0, 0])
        held[0] += 1
        held[1] += one.label < 0
        held[2] += one.label > 0
        held[3] += one.sentiment
        held[4] = max(held[4], getattr(one, weight) if weight else UNIT_SCALE)
    whole = SentimentSums()
    for count, bad, good, sentiment, heaviest in stories.values():
        label = -1 if 2 * bad > count else 1 if 2 * good > count else 0
        whole.add(divide(sentiment, count), label, heaviest)
    return whole


def count(k: int) -> Estimate:
    """Return the count with its exact Poisson interval."""
    return Estimate(float(k), *garwood(k), n=k)


def share(k: int, n: int, least: int = MIN_STORIES) -> Estimate:
    """Return the share k of n with Wilson's interval; NA where n is below `least` or 0."""
    return Estimate(k / n, *wilson(k, n), n=n) if n >= max(1, least) else NA


def mean(total: float, squares: float, n: float, least: int = MIN_STORIES) -> Estimate:
    """Return the mean (-1..1) of n values with this sum and sum of squares in 1/10,000; NA below `least` or 2."""
    if n < max(2, least):
        return NA
    value = total / n
    variance = max(0.0, squares / n - value * value) * n / (n - 1)
    half = student(n - 1) * math.sqrt(variance / n)
    return Estimate(
        value / UNIT_SCALE, max(-1.0, (value - half) / UNIT_SCALE), min(1.0, (value + half) / UNIT_SCALE), n=n
    )


def weighted_mean(sums: SentimentSums, least: int = MIN_STORIES) -> Estimate:
    """Return the weighted mean, in -1..1, by the effective number of stories; NA where that or n is too small."""
    if sums.n < max(2, least) or not sums.weights:
        return NA
    effective = sums.weights**2 / sums.weight_squares
    if effective <= 1:
        return NA
    return mean(
        sums.weighted * effective / sums.weights,
        sums.weighted_squares * effective / sums.weights,
        effective,
        0,
    )


def net(sums: SentimentSums, least: int = MIN_STORIES) -> Estimate:
    """Return (positive - negative) / decided, in -1..1, with Student's interval on the labels; NA below `least`."""
    n = sums.n
    if n < max(2, least):
        return NA
    value = (sums.positive - sums.negative) / n
    variance = max(0.0, (sums.positive + sums.negative) / n - value * value) * n / (n - 1)
    half = student(n - 1) * math.sqrt(variance / n)
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), n=n)


def dispersion(sums: SentimentSums, least: int = MIN_STORIES) -> Estimate:
    """Return the standard deviation of stories' sentiments, 0..1, with the chi-square interval; NA below `least`."""
    n = sums.n
    if n < max(3, least):
        return NA
    from scipy.special import chdtri

    variance = max(0.0, sums.squares / n - (sums.total / n) ** 2) * n / (n - 1)
    low, high = (math.sqrt(variance * (n - 1) / float(chdtri(n - 1, p))) for p in (0.025, 0.975))
    return Estimate(math.sqrt(variance) / UNIT_SCALE, low / UNIT_SCALE, min(1.0, high / UNIT_SCALE), n=n)


def momentum(older: SentimentSums, newer: SentimentSums, least: int = MIN_STORIES) -> Estimate:
    """Return the mean sentiment of the newer part less that of the older, -2..2, with Welch's interval.

    NA where either has fewer than `least` stories.
    """
    parts = []
    for part in (newer, older):
        if part.n < max(2, least):
            return NA
        middle = part.total / part.n
        variance = max(0.0, part.squares / part.n - middle * middle) * part.n / (part.n - 1)
        parts.append((middle, variance / part.n, part.n))
    (a, va, na), (b, vb, nb) = parts
    if va + vb == 0:
        return Estimate((a - b) / UNIT_SCALE, (a - b) / UNIT_SCALE, (a - b) / UNIT_SCALE, n=na + nb)
    degrees = (va + vb) ** 2 / (va * va / (na - 1) + vb * vb / (nb - 1))
    half = student(degrees) * math.sqrt(va + vb)
    return Estimate((a - b) / UNIT_SCALE, (a - b - half) / UNIT_SCALE, (a - b + half) / UNIT_SCALE, n=na + nb)


def figures(
    observations: Sequence[Observation], start: int, end: int, least: int = MIN_STORIES
) -> dict[str, Estimate]:
    """Return every figure of the observations of [start, end) (epoch ms), by name; NA below `least` stories."""
    sums = sentiment_sums(observations)
    middle = start + (end - start) // 2
    older = sentiment_sums(one for one in observations if one.at < middle)
    newer = sentiment_sums(one for one in observations if one.at >= middle)
    return {
        "articles": count(len(observations)),
        "stories": count(len({one.story for one in observations})),
        "publishers": count(len({one.publisher for one in observations})),
        "negative_share": share(sums.negative, sums.n, least),
        "mean_sentiment": mean(sums.total, sums.squares, sums.n, least),
        "net_sentiment": net(sums, least),
        "dispersion": dispersion(sums, least),
        "novelty_weighted": weighted_mean(sentiment_sums(observations, "novelty"), least),
        "trust_weighted": weighted_mean(sentiment_sums(observations, "trust"), least),
        "momentum": momentum(older, newer, least),
    }
