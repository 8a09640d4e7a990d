"""What two articles state, compared: facts that conflict, words that are shared.

Two texts that state different numbers, companies, places or months tell different stories, however alike they sound;
the headlines of 1987 repeat themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from alerts.stories.facts import Facts

_REPORT = frozenset(
    """corp inc co ltd plc group and st nd rd th qtr year shr net loss profit oper cts vs dlrs mln bln pct sets quarte
    payout divide qtly div regula sales revs first second third fourth jan feb march april may june july aug sept oct
    nov dec months mths results raises cuts lowers ups crude oil prices price posted postin bbl up down
    """.split()  # noqa: SIM905
)
"""Stems of words in titles that name no company."""
SOFT = frozenset(("act", "level", "theme", "who", "fx"))
"""What happened, and who did it, is worded differently by others: these kinds support, but never conflict."""


@lru_cache(maxsize=20_000)
def by_kind(named: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return `kind:name` names by their kind. Cached: asked for again and again of an open story."""
    kinds: dict[str, set[str]] = {}
    for name in named:
        kinds.setdefault(name[: name.index(":")], set()).add(name)
    return {kind: frozenset(names) for kind, names in kinds.items()}


def conflict(a: Facts, b: Facts, other_title: bool = False) -> bool:
    """Return whether two articles state different companies, numbers or named things where both state any.

    `other_title`: the titles are in two languages, so each may state another of the numbers of one text.
    """
    if a.entities and b.entities and not a.entities & b.entities:
        return True
    if (
        a.numbers
        and b.numbers
        and not a.numbers & b.numbers
        and not (other_title and (a.numbers & b.more_numbers or b.numbers & a.more_numbers))
    ):
        return True
    if (
        min(len(a.more_numbers), len(b.more_numbers)) >= 3
        and containment(a.more_numbers, b.more_numbers) < 0.5
    ):
        return True
    if a.named == b.named or not a.named or not b.named:
        return False
    mine, other = by_kind(a.named), by_kind(b.named)
    return any(kind not in SOFT and not mine[kind] & other[kind] for kind in mine.keys() & other.keys())


def alike_but_for_names(a: Facts, b: Facts) -> bool:
    """Return whether the titles share only the words of a report that every company files, and no name.

    >>> from alerts.stories.facts import facts_of
    >>> titles = "UNISYS CORP 3RD QTR SHR 65 CTS VS 34 CTS", "SOUTHERN CORP 3RD QTR SHR 75 CTS VS 67 CTS"
    >>> alike_but_for_names(*(facts_of(title, "", ()) for title in titles))
    True
    """
    mine, other = set(a.words) - _REPORT, set(b.words) - _REPORT
    return bool(mine and other) and 2 * len(mine & other) < min(len(mine), len(other))


def containment(a: Collection[str], b: Collection[str]) -> float:
    """Return the share (0..1) of the smaller collection that the larger one holds; neither has duplicates."""
    least = min(len(a), len(b))
    return len(set(a).intersection(b)) / least if least else 0.0
