"""Figures: right, with intervals that cover, and NA rather than 0."""

from __future__ import annotations

import random

import pytest

from alerts.windows import statistics
from alerts.windows.observations import Observation
from alerts.windows.statistics import (
    NA,
    SentimentSums,
    figures,
    momentum,
    net,
    sentiment_sums,
    share,
    weighted_mean,
)


def observation(number, sentiment=0, label=0, story=None, at=0, decided=1, trust=10_000, novelty=10_000):
    return Observation(
        at, f"a{number}", story or f"s{number}", f"p{number}", "w", decided, label, sentiment, novelty, trust
    )


def test_too_little_evidence_is_na_and_never_zero():
    found = figures([observation(1, -5_000, -1), observation(2, -5_000, -1)], 0, 10)
    assert found["negative_share"] == NA and found["mean_sentiment"] == NA and found["momentum"] == NA
    assert found["articles"].value == 2


def test_abstentions_are_no_evidence():
    found = figures([observation(n, decided=0) for n in range(10)], 0, 10)
    assert found["negative_share"] == NA and found["stories"].value == 10


def test_story_counts_once_and_its_majority_decides():
    told = [
        observation(1, -6_000, -1, "s"),
        observation(2, -4_000, -1, "s"),
        observation(3, 4_000, 1, "s"),
        observation(4, 2_000, 1),
        observation(5, 0, 0),
    ]
    sums = sentiment_sums(told)
    assert (sums.n, sums.negative, sums.positive, sums.total) == (3, 1, 1, -2_000 + 2_000)


def test_student_interval_of_the_mean_covers():
    rng = random.Random(2)
    inside = 0
    for _ in range(1_000):
        values = [round(rng.gauss(1_000, 3_000)) for _ in range(8)]
        found = statistics.mean(sum(values), sum(v * v for v in values), 8)
        inside += found.low <= 0.1 <= found.high
    assert 0.92 < inside / 1_000 < 0.98


def test_garwood_is_the_exact_poisson_interval():
    assert statistics.garwood(0) == pytest.approx((0.0, 3.6889), abs=1e-3)
    assert statistics.garwood(10) == pytest.approx((4.7954, 18.3904), abs=1e-3)


def test_sums_add_up_exactly():
    rng = random.Random(3)
    told = [observation(n, rng.randrange(-9_999, 9_999), rng.choice([-1, 0, 1])) for n in range(50)]
    assert sentiment_sums(told[:20]) + sentiment_sums(told[20:]) == sentiment_sums(told)


def test_weights_count():
    told = [observation(n, -8_000, -1, trust=1_000) for n in range(5)]
    told += [observation(9 + n, 8_000, 1, trust=10_000) for n in range(5)]
    found = weighted_mean(sentiment_sums(told, "trust"))
    assert found.value > 0.6 and found.low < found.value < found.high and found.n < 10
    assert weighted_mean(SentimentSums()) == NA


def test_momentum_is_newer_less_older():
    older = [observation(n, -5_000 + n, -1, at=1) for n in range(4)]
    newer = [observation(9 + n, 5_000 + n, 1, at=9) for n in range(4)]
    found = momentum(sentiment_sums(older), sentiment_sums(newer))
    assert found.value == pytest.approx(1.0, abs=0.01) and found.low < found.value < found.high
    assert figures([*older, *newer], 0, 10)["momentum"] == found


def test_net_and_share_stay_in_range():
    sums = sentiment_sums([observation(n, 9_000, 1) for n in range(5)])
    assert net(sums).value == 1.0 and net(sums).high <= 1.0
    assert share(5, 5).value == 1.0 and share(2, 2) == NA
