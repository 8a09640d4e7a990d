"""How broadly news is told: whether one publisher more or less would change what is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

Telling = tuple[str, str, int, int]
"""(story, publisher, 1 where the model did not abstain, label) of an article."""


def broad(told: Sequence[Telling], bad: int, beside: int) -> bool:
    """Whether `bad` publishers tell one of the negative stories, and `beside` stories are left without any one
    publisher; 0 asks nothing."""
    if beside and stories_beside_one((story, publisher) for story, publisher, _, _ in told) < beside:
        return False
    return not bad or negative_publishers(told) >= bad


def stories_beside_one(told: Iterable[tuple[str, str]]) -> int:
    """Stories that are left whichever publisher is left out: all but the most that any tells alone.

    `told`: (story, publisher) of each article.

    >>> stories_beside_one([("a", "x"), ("b", "x"), ("c", "x"), ("c", "y"), ("d", "y")])
    2
    """
    tellers: dict[str, set[str]] = {}
    for story, publisher in told:
        tellers.setdefault(story, set()).add(publisher)
    alone = Counter(next(iter(by)) for by in tellers.values() if len(by) == 1)
    return len(tellers) - max(alone.values(), default=0)


def negative_publishers(told: Iterable[Telling]) -> int:
    """Publishers with an article in a story whose majority of decided ones is negative (alerts/records.py: k).

    >>> negative_publishers([("a", "x", 1, -1), ("a", "y", 0, 0), ("b", "z", 1, 0), ("b", "w", 1, -1)])
    2
    """
    stories: dict[str, tuple[set[str], list[int]]] = {}
    for story, publisher, decided, label in told:
        publishers, labels = stories.setdefault(story, (set(), []))
        publishers.add(publisher)
        if decided:
            labels.append(label)
    found: set[str] = set()
    for publishers, labels in stories.values():
        if 2 * sum(label < 0 for label in labels) > len(labels):
            found |= publishers
    return len(found)
