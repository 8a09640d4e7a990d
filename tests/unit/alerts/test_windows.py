"""Windows: unions of panes, the same whichever way they are added up."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.observations import Observation
from alerts.windows import MUCH, Partial, Windows, measure, merge
from core.times import MINUTE


def observation(rng: random.Random, at: int, stories: int = 8) -> Observation:
    decided = rng.random() < 0.9
    label = rng.choice([-1, 0, 1]) if decided else 0
    return Observation(
        at,
        f"a{rng.randrange(10**9)}",
        f"s{rng.randrange(stories)}",
        f"p{rng.randrange(5)}",
        f"w{rng.randrange(2)}",
        int(decided),
        label,
        rng.randrange(-9_000, 9_000) if decided else 0,
    )


def plainly(series, start, end, observations):
    """The definition, spelled out."""
    stories = {one.story for one in observations}
    decided = {}
    for one in observations:
        if one.decided:
            decided.setdefault(one.story, []).append(one)
    negative = sum(2 * sum(o.label < 0 for o in told) > len(told) for told in decided.values())
    means = []
    for told in decided.values():
        total, n = sum(o.sentiment for o in told), len(told)
        means.append((2 * total + n) // (2 * n))
    return (
        len(observations),
        len(stories),
        len({one.publisher for one in observations}),
        len(decided),
        negative,
        sum(means),
        sum(mean * mean for mean in means),
    )


def figures(window):
    return (
        window.articles,
        window.stories,
        window.publishers,
        window.decided,
        window.negative,
        window.sentiment_sum,
        window.sentiment_squares,
    )


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 60))
def test_figures_are_what_the_definition_says(seed, number):
    rng = random.Random(seed)
    found = [observation(rng, n) for n in range(number)]
    assert figures(measure("all", 0, 1, found)) == plainly("all", 0, 1, found)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_partials_merge_exactly_in_any_order(seed, sizes):
    rng = random.Random(seed)
    parts = [[observation(rng, n) for n in range(size)] for size in sizes]
    whole = [one for part in parts for one in part]
    rng.shuffle(parts)
    merged = merge([Partial(part) for part in parts]).window("all", 0, 1)
    assert figures(merged) == plainly("all", 0, 1, whole)


@pytest.mark.parametrize("crowd", [1, 40])
@pytest.mark.parametrize(("window", "hop"), [(15, 2), (60, 5), (5, 1)])
def test_look_is_the_scan_of_what_the_window_holds(crowd, window, hop):
    rng = random.Random(crowd)
    windows, held = Windows(), []
    for minute in range(400):
        start = minute * MINUTE
        if rng.random() < 0.4:
            pane = [observation(rng, start + n, stories=200) for n in range(rng.randrange(1, crowd + 1))]
            windows.add("all", start, pane)
            held += [(start, one) for one in pane]
        end = start + MINUTE
        if end % (hop * MINUTE) == 0:
            windows.forget("all", end - 60 * MINUTE)
            first = end - window * MINUTE
            whole, recent = windows.look("all", first, end, hop * MINUTE)
            inside = [one for at, one in held if first <= at < end]
            assert figures(whole.window("all", 0, 1)) == plainly("all", 0, 1, inside)
            newest = [one for at, one in held if end - hop * MINUTE <= at < end]
            assert figures(recent.window("all", 0, 1)) == plainly("all", 0, 1, newest)
            assert windows.within("all", first, end) == inside
    assert len(held) > (MUCH if crowd > 1 else 0)


def test_series_without_panes_takes_no_memory():
    windows = Windows()
    windows.add("entity:US:A", 0, [observation(random.Random(1), 0)])
    windows.forget("entity:US:A", MINUTE)
    assert len(windows) == 0


def test_story_in_three_panes_is_one_story():
    one = observation(random.Random(2), 0)
    assert merge([Partial([one]), Partial([one]), Partial([one])]).window("all", 0, 1).stories == 1
