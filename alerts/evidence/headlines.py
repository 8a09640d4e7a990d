"""The strongest headlines that differ from one another.

Greedy maximal marginal relevance (Carbonell and Goldstein, 1998): next comes the article whose own strength less its
similarity to those chosen already is largest; of one story only one is taken. Similarity is the share of common
character trigrams, which works for English and Chinese alike and needs no model.
"""

from __future__ import annotations

from collections.abc import Sequence

from alerts.evidence.schema import EvidenceArticle
from core.records import UNIT_SCALE

_SIMILARITY_PENALTY = 0.5


def strongest_headlines(articles: Sequence[EvidenceArticle], direction: str, most: int = 5) -> list[str]:
    """Return the ids of up to `most` articles, whatever their order. `direction`: negative | positive | any."""
    best: dict[str, tuple[float, int, str, EvidenceArticle]] = {}
    for article in articles:
        key = (-_strength(article, direction), article.available_at, article.id, article)
        story = article.story or article.id
        if story not in best or key[:3] < best[story][:3]:
            best[story] = key
    waiting = sorted(best.values(), key=lambda key: key[:3])[:200]
    grams = {key[2]: _grams(key[3].title) for key in waiting}
    chosen: list[str] = []
    while waiting and len(chosen) < most:
        worth = [
            (
                -key[0]
                - _SIMILARITY_PENALTY
                * max((_similarity(grams[key[2]], grams[other]) for other in chosen), default=0)
            )
            for key in waiting
        ]
        place = worth.index(max(worth))
        chosen.append(waiting.pop(place)[2])
    return chosen


def _strength(article: EvidenceArticle, direction: str) -> float:
    if article.abstained:
        return 0.0
    probability = {"negative": article.p_negative, "positive": article.p_positive}.get(direction)
    if probability is None:
        probability = max(article.p_negative, article.p_positive)
    return probability / UNIT_SCALE * (0.5 + 0.5 * article.relevance / UNIT_SCALE)


def _grams(title: str) -> frozenset[str]:
    text = "".join(char for char in title.lower() if char.isalnum())
    return frozenset(text[at : at + 3] for at in range(max(1, len(text) - 2)))


def _similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0
