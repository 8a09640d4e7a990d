"""The tail of peaks: fitted, and what few peaks prove."""

from __future__ import annotations

import random

import pytest

from alerts.thresholds import tail


def test_the_tail_fit_finds_a_known_exponential() -> None:
    chance = random.Random(1)
    scale, shape = tail.fit_pareto([chance.expovariate(2.0) for _ in range(4000)])
    assert scale == pytest.approx(0.5, rel=0.08) and abs(shape) < 0.08


def test_of_equal_peaks_no_more_than_allowed_reach_what_they_prove():
    for allowed in (1.0, 2.0, 3.0):
        level = tail.proven([3.0] * 4, allowed, 0.5)
        assert sum(peak >= level for peak in [3.0] * 4) <= allowed
