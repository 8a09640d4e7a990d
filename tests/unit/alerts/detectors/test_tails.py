"""Tail probabilities against scipy's."""

from __future__ import annotations

import pytest
from scipy import stats

from alerts.detectors import tails


@pytest.mark.parametrize("mean", [0.01, 0.5, 3.0, 40.0, 2500.0])
@pytest.mark.parametrize("size", [0.3, 2.0, 50.0])
def test_negative_binomial_tail_is_scipys_mid_p(mean: float, size: float) -> None:
    chance = stats.nbinom(size, size / (size + mean))
    spread = (mean + mean * mean / size) ** 0.5
    for x in {
        0,
        1,
        2,
        5,
        round(mean),
        round(mean + spread),
        round(mean + 6 * spread),
        round(mean + 15 * spread),
    }:
        expected = chance.sf(x) + 0.5 * chance.pmf(x)
        if expected > 1e-200:
            found = tails.negative_binomial_tail(x, mean, size)
            assert found == pytest.approx(expected, rel=2e-6, abs=1e-15), x


@pytest.mark.parametrize("n", [1, 3, 11, 60, 350])
@pytest.mark.parametrize(("share", "precision"), [(0.2, 5.0), (0.05, 30.0), (0.9, 200.0), (0.5, 1e6)])
def test_beta_binomial_tail_is_scipys_mid_p(n: int, share: float, precision: float) -> None:
    chance = stats.betabinom(n, share * precision, (1 - share) * precision)
    for k in {0, 1, n // 4, n // 2, n - 1, n}:
        expected = chance.sf(k) + 0.5 * chance.pmf(k)
        assert tails.beta_binomial_tail(k, n, share, precision) == pytest.approx(
            expected, rel=1e-6, abs=1e-9
        ), k


def test_many_stories_are_taken_as_a_beta_of_the_same_mean_and_spread() -> None:
    chance = stats.betabinom(3000, 0.2 * 40, 0.8 * 40)
    for k in (600, 900, 1200):
        expected = chance.sf(k) + 0.5 * chance.pmf(k)
        assert tails.beta_binomial_tail(k, 3000, 0.2, 40) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(
    ("x", "a", "b"), [(0.3, 2.0, 5.0), (0.99, 0.5, 0.5), (0.001, 40.0, 3.0), (0.5, 500.0, 480.0)]
)
def test_beta_tail_is_scipys(x: float, a: float, b: float) -> None:
    assert tails.beta_tail(x, a, b) == pytest.approx(stats.beta(a, b).sf(x), rel=1e-8)


def test_bands_hold_about_95_percent() -> None:
    for mean, size in ((3.0, 2.0), (40.0, 5.0), (400.0, 20.0)):
        low, high = tails.count_band(mean, size)
        chance = stats.nbinom(size, size / (size + mean))
        assert 0.92 <= chance.cdf(high) - chance.cdf(low - 1) <= 0.99
    low, high = tails.share_band(50, 0.2, 40.0)
    chance = stats.betabinom(50, 8, 32)
    assert 0.92 <= chance.cdf(high * 50) - chance.cdf(low * 50 - 1) <= 0.99
