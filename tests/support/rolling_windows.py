"""Random observations, and a window's figures by their definition, for tests of rolling windows."""

from __future__ import annotations

import random

from alerts.windows.observations import Observation


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
