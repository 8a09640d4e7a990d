"""How broadly bad news is told: by how many publishers, whatever else is told of the same series."""

from __future__ import annotations

from collections.abc import Iterable


def negative_publishers(told: Iterable[tuple[str, str, int, int]]) -> int:
    """Publishers with an article in a story whose majority of decided ones is negative (alerts/records.py: k).

    `told`: (story, publisher, 1 where the model did not abstain, label) of each article.

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
