"""How broadly news is told: whether one publisher more or less would change what is seen."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.windows.observations import Observation


def broad(told: Sequence[Observation], bad: int, beside: int) -> bool:
    """Whether `bad` publishers tell one of the negative stories, and `beside` stories are left without any one
    publisher; 0 asks nothing."""
    if beside and stories_beside_one(told) < beside:
        return False
    return not bad or negative_publishers(told) >= bad


def stories_beside_one(told: Sequence[Observation]) -> int:
    """Stories that are left whichever publisher is left out: all but the most that any tells alone.

    >>> told = [("a", "x"), ("b", "x"), ("c", "x"), ("c", "y"), ("d", "y")]
    >>> stories_beside_one([Observation(0, "", story, publisher, "", 1, 0, 0) for story, publisher in told])
    2
    """
    teller: dict[str, str] = {}
    shared: set[str] = set()
    for one in told:  # by place: what is not needed is not touched
        story, publisher = one[2], one[3]
        if teller.setdefault(story, publisher) != publisher:
            shared.add(story)
    alone: dict[str, int] = {}
    for story, publisher in teller.items():
        if story not in shared:
            alone[publisher] = alone.get(publisher, 0) + 1
    return len(teller) - max(alone.values(), default=0)


def negative_publishers(told: Sequence[Observation]) -> int:
    """Publishers with an article in a story whose majority of decided ones is negative (alerts/records.py: k).

    >>> told = [("a", "x", 1, -1), ("a", "y", 0, 0), ("b", "z", 1, 0), ("b", "w", 1, -1)]
    >>> negative_publishers([Observation(0, "", one[0], one[1], "", one[2], one[3], 0) for one in told])
    2
    """
    balance: dict[str, int] = {}
    for one in told:
        if one[5]:
            balance[one[2]] = balance.get(one[2], 0) + (1 if one[6] < 0 else -1)
    found: set[str] = set()
    for one in told:
        if balance.get(one[2], 0) > 0:
            found.add(one[3])
    return len(found)
