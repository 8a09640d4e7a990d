"""The rhythm of a week: 1 on average, unsure where there were no data."""

from __future__ import annotations

from array import array

import pytest

from alerts.baselines.calendar import HOURS_OF_WEEK
from alerts.baselines.rhythm import learn_rhythm


def test_busy_hours_weigh_more_and_the_mean_is_one() -> None:
    hours = array("d", [10.0] * HOURS_OF_WEEK)
    stories = array("d", [300.0 if b % 24 in range(8, 20) else 20.0 for b in range(HOURS_OF_WEEK)])
    rhythm, doubt, weighted = learn_rhythm(stories, hours, 1.0)
    assert sum(rhythm) / HOURS_OF_WEEK == pytest.approx(1.0)
    assert weighted == pytest.approx(sum(hours))
    assert min(rhythm[8:20]) > 5 * max(rhythm[0:8])
    assert 0.0 < max(doubt) < 0.03


def test_without_data_every_hour_is_alike_and_unsure() -> None:
    empty = array("d", [0.0] * HOURS_OF_WEEK)
    rhythm, doubt, weighted = learn_rhythm(empty, array("d", empty), 1.0)
    assert set(rhythm) == {1.0} and set(doubt) == {1.0} and weighted == 0.0


def test_hours_without_data_are_shrunk_to_the_same_hour_of_other_days() -> None:
    hours = array("d", [10.0 if b < 24 else 0.0 for b in range(HOURS_OF_WEEK)])
    stories = array("d", [(300.0 if b == 9 else 20.0) if b < 24 else 0.0 for b in range(HOURS_OF_WEEK)])
    rhythm, doubt, _ = learn_rhythm(stories, hours, 1.0)
    assert rhythm[24 + 9] > 3 * rhythm[24 + 10]
    assert doubt[120 + 9] == 1.0 > doubt[24 + 9]
