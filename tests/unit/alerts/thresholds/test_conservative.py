"""The conservative tail: chances against the budget, and how long few series are believed."""

from __future__ import annotations

import pytest

from alerts.thresholds.conservative import ConservativeTail, count_bouts, few_series
from core.times import DAY, HOUR, MINUTE


def tail(budget: float = 1.0, few: int | None = None) -> ConservativeTail:
    return ConservativeTail(budget, HOUR, 15 * MINUTE, few, weeks=0.5, evaluations=0)


def test_the_level_is_budget_over_chances() -> None:
    assert tail().level() == pytest.approx(4.2253, abs=1e-4)  # log10 of 100 series x 168 windows a week
    assert tail(10.0).level() == pytest.approx(tail().level() - 1.0)
    assert tail(1e9).level() == 1.0
    evaluated = ConservativeTail(1.0, HOUR, HOUR, None, weeks=2.0, evaluations=2 * 168_000)
    assert evaluated.level() == pytest.approx(tail().level() + 1.0)


def test_few_series_are_fewer_than_the_hundred_that_are_assumed() -> None:
    assert [few_series(number) for number in (None, 0, 5, 24, 25, 100)] == [None, 0, 5, 24, None, None]


def test_onsets_above_the_level_of_few_series_move_it_to_that_of_a_hundred() -> None:
    few = tail(few=5)
    start, how = few.start((), 1.0)
    assert start == few.level(20) < few.level() and how == "parametric tail of 5 series"
    many = [(9.0, day * 2 * DAY) for day in range(20)]
    assert few.start(many, 1.0) == (few.level(), "parametric tail")
    together = [(9.0, minute * MINUTE) for minute in range(20)]
    assert few.start(together, 1.0)[0] < few.level()


def test_what_comes_within_a_day_is_one_bout() -> None:
    assert count_bouts([0, HOUR, 23 * HOUR, DAY, 3 * DAY]) == 3
    assert count_bouts([]) == 0
