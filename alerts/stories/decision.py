"""Whether two articles tell one story: near signatures, shared words, and facts that do not conflict.

Titles that are equal and state different facts, or come days apart, are different stories: wires repeat their
headlines. Where words and signatures say little, above all across languages, the facts that both state are weighed
(alerts/stories/similarity.py). Measured on pairs: bench/stories.py, docs/windows.md.
"""

from __future__ import annotations

from alerts.stories.comparison import alike_but_for_names, conflict, containment
from alerts.stories.lookup import FAR_ALIKE, FAR_BITS
from alerts.stories.similarity import log_odds
from alerts.stories.story import Fingerprint, Story

TRANSLATED = 1
"""Tenths of log-odds from which on two texts in two languages tell one story (alerts/stories/similarity.py)."""
REWRITTEN = 24
"""The same in one language, where headlines that share no word speak against it."""
OTHER = 129
"""Further than any two signatures."""
COPY_BITS = 10
"""Signatures that differ in so few of their 128 bits are copies, whatever else."""


def distance(a: Fingerprint, b: Fingerprint, bits: int) -> int:
    """Return how far two articles of one story are apart (0..128); OTHER where they belong to two.

    In one language it is in bits, else a comparable number. `bits`: in how many bits their signatures differ.
    """
    if not a.signature or not b.signature:
        bits = 64
    across = a.language != b.language
    if bits > FAR_BITS or conflict(a.facts, b.facts, other_title=across):
        return OTHER
    if bits <= COPY_BITS:
        return bits
    if across:
        odds = log_odds(a.facts, b.facts, bits, abs(a.at - b.at))
        return max(COPY_BITS + 1, FAR_ALIKE - odds // 2) if odds >= TRANSLATED else OTHER
    return bits if same_story(a, b, bits) else OTHER


def same_story(a: Fingerprint, b: Fingerprint, bits: int) -> bool:
    """Return whether two articles in one language, whose facts do not conflict, belong to one story.

    `bits`: in how many bits their signatures differ (0..128).
    """
    words = containment(a.facts.words, b.facts.words)
    if bits > FAR_ALIKE or alike_but_for_names(a.facts, b.facts):
        return False
    texts = (not a.facts.brief) + (not b.facts.brief)
    if (words >= 0.75 and bits <= 30) or (words >= 0.95 and bits <= (38 if texts == 2 else 45)):
        return True
    if texts == 1 and words >= 0.8:
        return True  # a flash and its text: their signatures cannot be near
    if bits > 42:
        return False
    odds = log_odds(a.facts, b.facts, bits, abs(a.at - b.at))
    return odds >= (0 if bits <= 22 and words >= 0.4 else REWRITTEN - int(20 * words))


def contradicts_story(fingerprint: Fingerprint, story: Story) -> bool:
    """Return whether the facts of any representative of the story conflict with the article's.

    A translation must agree with all of them.
    """
    return any(conflict(fingerprint.facts, other.facts, other_title=True) for other in story.representatives)
