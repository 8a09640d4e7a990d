"""What is expected of a series: learned from the past only, from the first days, through incidents and gaps."""

from __future__ import annotations

import random

import pytest

from alerts.baselines.counts import Baseline
from core.times import DAY, HOUR, MINUTE, WEEK, parse_iso

START = parse_iso("2024-03-04T00:00:00Z")
HOP = 30 * MINUTE


class Stream:
    """A baseline that is fed whole weeks."""

    def __init__(self, memory_days: float = 14.0, seed: int = 1) -> None:
        self.baseline = Baseline(3 * HOUR, memory_days * 24, "none")
        self.chance = random.Random(seed)
        self.at = START

    def feed(self, days: float, rates: dict[str, float], night: float = 0.2) -> None:
        """`rates`: stories an hour by series, by day; at night the share `night` of it."""
        end = self.at + int(days * DAY)
        while self.at < end:
            self.at += HOP
            awake = 1.0 if 8 <= (self.at // HOUR) % 24 < 20 else night
            for series in sorted(rates):
                stories, mean = 0, rates[series] * awake * HOP / HOUR
                left = self.chance.expovariate(1.0)
                while left < mean:
                    stories, left = stories + 1, left + self.chance.expovariate(1.0)
                if stories:
                    market = self.baseline.market(series)
                    self.baseline.learn(series, market, self.at - HOP, self.at, stories, stories)

    def expected(self, series: str, hour: int, hours: int = 3) -> float:
        """Of the window of `hours` from `hour` o'clock on the day that has just ended."""
        market = self.baseline.market(series)
        start = self.at - self.at % DAY + hour * HOUR
        return self.baseline.expect(market, self.baseline.states.get(series), start, start + hours * HOUR)[0]


def test_days_and_nights_are_distinguished() -> None:
    stream = Stream()
    stream.feed(21, {"a": 4.0, "b": 1.0})
    assert stream.expected("a", 10) == pytest.approx(12.0, rel=0.25)
    assert stream.expected("a", 1) == pytest.approx(2.4, rel=0.35)
    assert stream.expected("b", 10) == pytest.approx(3.0, rel=0.3)


def test_a_new_series_takes_its_rhythm_from_the_others_and_soon_its_own_level() -> None:
    stream = Stream()
    stream.feed(14, {"a": 4.0, "b": 2.0})
    stream.feed(3, {"a": 4.0, "b": 2.0, "new": 6.0})
    assert stream.expected("new", 10) > 2.5 * stream.expected("new", 1)
    stream.feed(18, {"a": 4.0, "b": 2.0, "new": 6.0})
    assert stream.expected("new", 10) == pytest.approx(18.0, rel=0.3)


def test_an_unknown_series_is_expected_to_stay_rare() -> None:
    stream = Stream()
    stream.feed(28, {"a": 4.0, "b": 2.0})
    assert 0.0 < stream.expected("never", 10) < 0.1


def test_it_adapts_to_a_new_normal() -> None:
    stream = Stream(memory_days=7)
    stream.feed(28, {"a": 2.0})
    stream.feed(28, {"a": 10.0})
    assert stream.expected("a", 10) == pytest.approx(30.0, rel=0.15)


def test_months_without_anything_at_all_neither_fade_nor_count_as_exposure() -> None:
    stream = Stream()
    stream.feed(28, {"a": 4.0, "b": 1.0})
    before = stream.expected("a", 10)
    stream.at += 16 * WEEK
    stream.feed(0.25, {"a": 4.0, "b": 1.0})
    assert stream.expected("a", 10) == pytest.approx(before, rel=0.1)


def test_a_quiet_series_among_busy_ones_does_count_as_exposure() -> None:
    stream = Stream(memory_days=7)
    stream.feed(21, {"a": 4.0, "b": 4.0})
    stream.feed(21, {"a": 4.0})
    assert stream.expected("b", 10) < 2.0


def test_stories_that_come_in_clusters_widen_the_spread() -> None:
    even, clustered = Stream(), Stream()
    even.feed(40, {"a": 3.0}, night=1.0)
    market = clustered.baseline.market("a")
    for at in sorted(START + clustered.chance.randrange(80 * 24) * HOP for _ in range(80)):
        clustered.baseline.learn("a", market, at, at + HOP, 36.0, 36)
    steady = even.baseline.expect(
        even.baseline.market("a"), even.baseline.states["a"], even.at, even.at + 3 * HOUR
    )[1]
    wild = clustered.baseline.expect(market, clustered.baseline.states["a"], even.at, even.at + 3 * HOUR)[1]
    assert wild < 1.0 < 5.0 < steady


def test_years_at_a_short_memory_stay_exact() -> None:
    stream = Stream(memory_days=0.5)
    market = stream.baseline.market("a")
    for day in range(3 * 365):
        at = START + day * DAY
        stream.baseline.learn("a", market, at, at + HOP, 2.0, 2)
    assert market.generation > 10
    mean, size = stream.baseline.expect(market, stream.baseline.states["a"], at + DAY, at + 2 * DAY)
    assert 1.0 < mean < 4.0 and size > 0.0


def test_a_series_of_one_article_costs_little() -> None:
    baseline = Baseline(HOUR, 14 * 24.0, "none")
    market = baseline.market("all")
    for number in range(2_000):
        baseline.learn(
            f"entity:US:S{number}", market, START + number * MINUTE, START + (number + 1) * MINUTE, 1.0, 1
        )
    assert max(len(baseline.dump(name)) for name in baseline.states) < 120
    assert len(baseline.dump("")) < 6_000
