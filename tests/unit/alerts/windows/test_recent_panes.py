"""Windows over recent panes: the same whichever way they are added up."""

from __future__ import annotations

import random

import pytest

from alerts.windows.recent_panes import MUCH, RecentPanes
from alerts.windows.rolling import Rolling
from core.times import MINUTE
from tests.support.rolling_windows import figures, observation, plainly


@pytest.mark.parametrize("crowd", [1, 40])
@pytest.mark.parametrize(("window", "hop"), [(30, 2), (60, 5), (5, 1)])
def test_look_is_the_scan_of_what_the_window_holds(crowd, window, hop):
    rng = random.Random(crowd)
    windows, held, rolled = RecentPanes(), [], 0
    for minute in range(600):
        start = minute * MINUTE
        if rng.random() < (0.1 if 200 < minute < 300 else 0.9):
            pane = [observation(rng, start + n, stories=60) for n in range(rng.randrange(1, crowd + 1))]
            windows.add("all", start, pane)
            held += [(start, one) for one in pane]
        end = start + MINUTE
        if end % (hop * MINUTE) == 0 and rng.random() < 0.8:  # looks are left out where nothing is to be seen
            windows.forget("all", end - rng.choice([60] * 9 + [8]) * MINUTE)
            kept = windows.observations("all", 0, end)
            held = [(at, one) for at, one in held if at >= start - 60 * MINUTE][-len(kept) :] if kept else []
            for first, last in ((end - window * MINUTE, end), (end - hop * MINUTE, end)):
                inside = [one for at, one in held if first <= at < last]
                assert figures(windows.window("all", first, last)) == plainly("all", 0, 1, inside)
                assert windows.observations("all", first, last) == inside
                assert windows.sources("all", first, last) == {one.source for one in inside}
                for number in (0, 1, 5, 40):
                    assert windows.holds_fewer("all", first, last, number) == (len(inside) < number)
            rolled += bool(windows._by_series.get("all") and windows._by_series["all"].windows)
    assert (rolled > 20) == (window >= MUCH)


def test_look_back_in_time_and_at_what_nobody_has_looked_at():
    windows, rng = RecentPanes(), random.Random(5)
    for minute in range(100):
        windows.add("all", minute * MINUTE, [observation(rng, minute)])
    for end in (90, 40, 95, 30):
        inside = windows.observations("all", (end - 30) * MINUTE, end * MINUTE)
        seen = windows.window("all", (end - 30) * MINUTE, end * MINUTE)
        assert figures(seen) == plainly("all", 0, 1, inside)
    assert windows.window("topic:energy", 0, 90 * MINUTE).articles == 0
    assert windows.holds_fewer("topic:energy", 0, 1, 1) and not windows.holds_fewer("topic:energy", 0, 1, 0)


def test_series_without_panes_takes_no_memory():
    windows = RecentPanes()
    windows.add("entity:US:A", 0, [observation(random.Random(1), 0)])
    windows.forget("entity:US:A", MINUTE)
    assert len(windows) == 0


def test_story_in_three_panes_is_one_story():
    one = observation(random.Random(2), 0)
    rolling = Rolling()
    rolling.add([[one], [one], [one]])
    assert rolling.window("all", 0, 1).stories == 1
