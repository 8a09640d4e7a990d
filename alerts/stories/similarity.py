"""Whether two texts tell one story whose words and signatures say little of it: what both state, weighed.

A translation's signature is hardly nearer than a stranger's, so facts decide. Each thing that both state speaks for one
story, the more the fewer stories state it; differing bits, the time between the two, and acts of which neither states
the other's speak against. The weights are those of a logistic regression over pairs of simulated news (side `dev` of
bench/stories.py) in tenths, rounded; time weighs less than there, since the simulator translates within three hours.
"""

from __future__ import annotations

from alerts.stories.comparison import by_kind
from alerts.stories.facts import Facts
from core.times import HOUR

ANY_TWO = -20
"""What speaks against any two."""
COMPANY, SECOND_COMPANY = 26, 8
BOTH_TITLES, ONE_TITLE, BOTH_TEXTS = (12, 22, 30), (8, 20, 30), (5, 15, 30)
"""A number that both titles state, one title and the other's text, both texts: of one digit, of two, of more."""
SHARED = {
    "place": 19, "good": 25, "index": 10, "month": 5, "quarter": 9, "weekday": 10, "term": 8,
    "who": 16, "fx": 10, "move": 9, "act": 6, "level": 7, "theme": 8,
}  # fmt: skip
"""A named thing of this kind that both titles state; at most two of a kind count."""
FIRM = frozenset(("place", "good", "index", "who"))
"""Kinds of which one is enough to be about the same; acts, months and directions alone are not."""
ONLY_OTHERS = {"who": -14, "act": -6, "level": -12, "theme": -6}
"""Both titles state some of this kind, and none in common."""
PER_TWO_HOURS, MOST_HOURS = 5, 12
PER_HUNDRED_BITS = 36


def log_odds(a: Facts, b: Facts, bits: int, apart_ms: int) -> int:
    """Return tenths of log-odds that two articles whose facts do not conflict belong to one story.

    `bits`: in how many bits their signatures differ; `apart_ms`: time between them. ANY_TWO where they share too
    little to be of one story.
    """
    companies = len(a.entities & b.entities)
    numbers = a.more_numbers & b.more_numbers
    if not companies and not numbers and not a.named & b.named:
        return ANY_TWO
    found = ANY_TWO - bits * PER_HUNDRED_BITS // 100
    found -= min(apart_ms, MOST_HOURS * HOUR) * PER_TWO_HOURS // (2 * HOUR)
    firm = companies
    if companies:
        found += COMPANY + (SECOND_COMPANY if companies > 1 else 0)
    if numbers:
        firm += 1
        found += _numbers(numbers, a, b)
    if a.named and b.named:
        mine, other = by_kind(a.named), by_kind(b.named)
        for kind, names in mine.items():
            theirs = other.get(kind)
            if theirs is None:
                continue
            both = len(names & theirs)
            if both:
                found += SHARED[kind] * min(2, both)
                firm += kind in FIRM
            else:
                found += ONLY_OTHERS.get(kind, 0)
    return found if firm else ANY_TWO


def _numbers(numbers: frozenset[str], a: Facts, b: Facts) -> int:
    """At most two count, of those that say most."""
    said = []
    for number in numbers:
        titles = (number in a.numbers) + (number in b.numbers)
        weights = BOTH_TITLES if titles == 2 else ONE_TITLE if titles else BOTH_TEXTS
        said.append(weights[min(_length(number), 3) - 1])
    said.sort(reverse=True)
    return sum(said[:2])


def _length(number: str) -> int:
    """How many digits say something: a year says nearly nothing.

    >>> _length("145"), _length("2026"), _length("202")
    (3, 1, 1)
    """
    return 1 if number[:2] in ("19", "20") and 3 <= len(number) <= 4 else len(number)
