"""Near-duplicates stand on one side."""

from collections import defaultdict

import numpy as np

from classifier.data.splits import groups, split

STORY = "The company said net profit rose to EUR {} million in the {} quarter of the year from a year earlier"


def texts() -> list[str]:
    copies = [STORY.format(n, q) for n in range(10, 40) for q in ("first", "third")]
    rng = np.random.default_rng(0)
    others = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz "), 80)) for _ in range(200)]
    return copies + others


def test_texts_that_differ_in_numbers_are_one_group() -> None:
    group = groups([STORY.format(10, "first"), STORY.format(99, "first"), "Oil falls on stock build"])
    assert group[0] == group[1] != group[2]


def test_a_copy_is_one_group_and_short_texts_do_not_break() -> None:
    group = groups(["涨停了", "涨停了", "", "a"])
    assert group[0] == group[1]
    assert len(group) == 4


def test_no_group_is_on_two_sides_and_every_stratum_is_on_each() -> None:
    many = texts()
    group = groups(many)
    stratum = ["a" if i % 3 else "b" for i in range(len(many))]
    sides = split(group, stratum, seed=1)
    by_group = defaultdict(set)
    for g, side in zip(group.tolist(), sides, strict=True):
        by_group[g].add(side)
    assert all(len(s) == 1 for s in by_group.values())
    assert 0.7 < sides.count("train") / len(sides) < 0.9
    assert sides.count("test") / len(sides) > 0.05
    assert sides.count("dev") / len(sides) > 0.03


def test_the_same_seed_splits_the_same() -> None:
    many = texts()
    group = groups(many)
    assert split(group, ["x"] * len(many), 4) == split(group, ["x"] * len(many), 4)
