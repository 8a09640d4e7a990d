"""Figures of a window are what their definition says, also when panes enter and leave."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.windows.rolling import Rolling, measure
from tests.support.rolling_windows import figures, observation, plainly


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
