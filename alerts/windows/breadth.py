"""How broadly news is reported: whether one publisher more or less would change what is seen."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.windows.observations import Observation


def broad(observations: Sequence[Observation], bad: int, beside: int) -> bool:
    """Return whether at least `bad` publishers report a negative story, and at least `beside` stories remain whichever
    publisher is removed. 0 requires nothing.
    """
    if beside and stories_beside_one(observations) < beside:
        return False
    return not bad or negative_publishers(observations) >= bad


def stories_beside_one(observations: Sequence[Observation]) -> int:
    """Return how many stories are left whichever publisher is left out: all but the most that any reports alone.

    >>> observations = [("a", "x"), ("b", "x"), ("c", "x"), ("c", "y"), ("d", "y")]
    >>> stories_beside_one([Observation(0, "", story, publisher, "", 1, 0, 0) for story, publisher in observations])
    2
    """
    sole_publisher: dict[str, str] = {}
    shared: set[str] = set()
    for one in observations:  # by place: what is not needed is not touched
        story, publisher = one[2], one[3]
        if sole_publisher.setdefault(story, publisher) != publisher:
            shared.add(story)
    alone: dict[str, int] = {}
    for story, publisher in sole_publisher.items():
        if story not in shared:
            alone[publisher] = alone.get(publisher, 0) + 1
    return len(sole_publisher) - max(alone.values(), default=0)


def negative_publishers(observations: Sequence[Observation]) -> int:
    """Return how many publishers have an article in a story whose decided articles are mostly negative.

    >>> observations = [("a", "x", 1, -1), ("a", "y", 0, 0), ("b", "z", 1, 0), ("b", "w", 1, -1)]
    >>> negative_publishers([Observation(0, "", one[0], one[1], "", one[2], one[3], 0) for one in observations])
    2
    """
    balance: dict[str, int] = {}
    for one in observations:
        if one[5]:
            balance[one[2]] = balance.get(one[2], 0) + (1 if one[6] < 0 else -1)
    found: set[str] = set()
    for one in observations:
        if balance.get(one[2], 0) > 0:
            found.add(one[3])
    return len(found)
