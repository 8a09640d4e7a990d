"""Figures of a window are what their definition says, also when panes enter and leave."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.windows.observations import Observation
from alerts.windows.rolling import Rolling, measure


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
    positive = sum(2 * sum(o.label > 0 for o in told) > len(told) for told in decided.values())
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
        positive,
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
        window.positive,
    )


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 60))
def test_figures_are_what_the_definition_says(seed, number):
    rng = random.Random(seed)
    found = [observation(rng, n) for n in range(number)]
    assert figures(measure("all", 0, 1, found)) == plainly("all", 0, 1, found)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_what_was_added_and_given_back_leaves_no_trace(seed, sizes):
    rng = random.Random(seed)
    panes = [[observation(rng, n) for n in range(size)] for size in sizes]
    rolling = Rolling()
    rolling.add(panes)
    for left in range(1, len(panes) + 1):
        rolling.drop(panes[left - 1 : left])
        rest = [one for pane in panes[left:] for one in pane]
        assert figures(rolling.window("all", 0, 1)) == plainly("all", 0, 1, rest)
    assert not rolling.stories and not rolling.publishers
