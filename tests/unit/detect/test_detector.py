"""The detector of one series: what stands out, and what does not."""

from __future__ import annotations

import math
import random
import time

import pytest

from detect.detector import StreamDetector


def wave(n: int, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [math.sin(i / 288 * 2 * math.pi) * 10 + chance.gauss(0, 0.3) for i in range(n)]


def scored(values: list[float]) -> list[float]:
    stream = StreamDetector()
    return [stream.step(300.0 * i, value) for i, value in enumerate(values)]


def test_each_score_uses_only_the_past() -> None:
    values = wave(3000)
    values[2000] = 60.0
    whole = scored(values)
    for cut in (150, 1999, 2000, 2001, 2500):
        assert scored(values[:cut]) == whole[:cut]


def test_a_spike_stands_out_and_an_ordinary_day_does_not() -> None:
    values = wave(3000)
    values[2000] = 60.0
    found = scored(values)
    assert found[2000] == max(found) > 0.9
    assert sum(x > 0.5 for x in found[1000:]) <= 3, "once the rhythm is known"


def test_a_day_that_breaks_the_rhythm_is_found_though_its_values_are_ordinary() -> None:
    values = wave(288 * 12)
    day = 288 * 9
    values[day + 20 : day + 120] = [-9.0 + i * 0.001 for i in range(100)]
    found = scored(values)
    assert max(found[day + 20 : day + 120]) > 0.5


@pytest.mark.parametrize("glitch", [1e3, 1e6, 1e9, -1e12])
@pytest.mark.parametrize(("at", "rows_long"), [(50, 1), (500, 1), (500, 3)])
def test_one_glitch_however_large_hides_no_later_spike(glitch: float, at: int, rows_long: int) -> None:
    chance = random.Random(1)
    values = [10 + chance.gauss(0, 1) for _ in range(1600)]
    values[at : at + rows_long] = [glitch * (1 + 0.01 * i) for i in range(rows_long)]
    values[at + 400], values[1500] = 60.0, 80.0
    found = scored(values)
    assert found[at] > 0.9 or at < 100, "(nothing is reported of the first hundred rows)"
    assert found[at + 400] > 0.9 and found[1500] > 0.9


@pytest.mark.parametrize("glitch", [60.0, 1e3, 1e9])
def test_one_glitch_hides_no_later_day_that_breaks_the_rhythm(glitch: float) -> None:
    values = wave(288 * 12)
    values[288 * 5 + 100] = glitch
    day = 288 * 9
    values[day + 20 : day + 120] = [-9.0 + i * 0.001 for i in range(100)]
    assert max(scored(values)[day + 20 : day + 120]) > 0.5


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.01])
def test_a_gauge_at_rest_that_jumps_to_one_height_now_and_then_is_seldom_reported(noise: float) -> None:
    chance = random.Random(1)
    values = [5 + chance.gauss(0, noise) for _ in range(10_000)]
    for i in range(307, 10_000, 300):
        values[i] = 25 + chance.gauss(0, 0.05)
    found = scored(values)
    assert sum(x > 0.5 for x in found[500:]) <= 16, "of 32 jumps; most are as high as one before"


@pytest.mark.parametrize(
    "blips", [[50], [50, 1290], [50, 1290, 1400], [50, 60, 1400], [50, 1290, 1300, 1400]]
)
def test_a_few_early_rows_hide_no_broken_day_of_a_series_at_rest(blips: list[int]) -> None:
    """Zero but for some rows, as counts and switches are; on one day half of it is not."""
    for day in (7, 9, 11, 13):
        values = [0.0] * (288 * 15)
        for row in [*blips, *range(288 * day + 20, 288 * day + 140)]:
            values[row] = 1.0
        assert max(scored(values)[288 * day + 20 : 288 * day + 140]) > 0.5, day


def test_a_constant_series_scores_zero_and_its_first_move_one_report() -> None:
    found = scored([5.0] * 500 + [6.0] * 500)
    assert max(found[:500]) == 0.0
    assert [i for i, x in enumerate(found) if x > 0.5] == [500]


def test_scores_are_between_zero_and_one_whatever_comes() -> None:
    values = [0.0, math.nan, 1e308, -1e308, math.inf, 1e-320, 5.0] * 60
    assert all(0.0 <= x <= 1.0 for x in scored(values))


@pytest.mark.parametrize(
    "values",
    [
        [1.7e308] * 1500,
        [1.7e308, 1.7e308, -1.7e308] * 500,
        [5.0] * 700 + [1.7e308] * 800,
        [1e-320] * 700 + [1.7e308, -1.7e308] * 400,
    ],
)
def test_values_at_the_end_of_all_numbers_are_scored_like_others(values: list[float]) -> None:
    """Three in a row of them, and more than two days: their sum is beyond all numbers."""
    found = scored(values)
    assert all(0.0 <= x <= 1.0 for x in found)
    first = next((i for i, x in enumerate(values) if x != values[0]), None)
    if first is not None and first >= 100:
        assert found[first] > 0.5  # the leap is reported


def test_a_row_costs_as_much_late_as_early() -> None:
    chance, stream, costs = random.Random(3), StreamDetector(), []
    for start in range(0, 40_000, 200):
        values = [chance.gauss(0, 1) for _ in range(200)]
        begun = time.process_time()
        for i, value in enumerate(values, start):
            stream.step(float(i), value)
        costs.append(time.process_time() - begun)
    assert min(costs[-10:]) < 5 * min(costs[5:15])
