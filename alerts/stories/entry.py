"""An article as the desk keeps it until its pane closes: without its text, ready to be counted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Container

import msgspec

from alerts.stories.facts import Facts, facts_of
from alerts.windows.naming import MIN_RELEVANCE, Name, names
from alerts.windows.observations import Observation, label_of
from core.records import UNIT_SCALE, Mention, ScoredArticle


class Entry(msgspec.Struct, gc=False):
    """An article between its arrival and its pane's close."""

    at: int
    id: str
    revision: str
    publisher: str
    source: str
    language: str
    title: str
    signature: str
    facts: Facts
    names: tuple[Name, ...]
    sentiments: tuple[tuple[int, int, int], ...]
    """(decided, label, sentiment) of the article, then of each mention: index a Name's mention + 1."""
    trust: int = UNIT_SCALE

    def observations(self, story: str, novelty: int) -> list[tuple[str, Observation]]:
        """Return (series, observation) for each of its series; series with the same sentiment share an observation.

        `story`: its id; `novelty`: 1/10,000.
        """
        made: list[Observation | None] = [None] * len(self.sentiments)
        found = []
        for series, mention in self.names:
            observation = made[mention + 1]
            if observation is None:
                decided, label, sentiment = self.sentiments[mention + 1]
                # Past the named tuple's own constructor, which takes twice as long: every article passes here.
                observation = _new(
                    Observation,
                    (
                        self.at,
                        self.id,
                        story,
                        self.publisher,
                        self.source,
                        decided,
                        label,
                        sentiment,
                        novelty,
                        self.trust,
                    ),
                )
                made[mention + 1] = observation
            found.append((series, observation))
        return found


_new: Callable[[type[Observation], tuple[object, ...]], Observation] = tuple.__new__


def _sentiment(what: ScoredArticle | Mention) -> tuple[int, int, int]:
    if what.abstained:
        return 0, 0, 0
    label = label_of(what.p_negative, what.p_neutral, what.p_positive)
    return 1, label, what.p_positive - what.p_negative


def entry_of(
    scored: ScoredArticle,
    watched: Container[str] = (),
    wanted: Callable[[str], bool] | None = None,
    trust: Callable[[str], int] = lambda publisher: UNIT_SCALE,
) -> Entry:
    """Return the entry of a scored article; the same whether it comes from the log or from the store.

    `watched`, `wanted`: see alerts/windows/naming.py; `trust`: of a publisher, 1/10,000.
    """
    article = scored.article
    named = [mention.entity for mention in scored.mentions if mention.relevance >= MIN_RELEVANCE]
    return Entry(
        at=article.available_at,
        id=article.id,
        revision=article.revision,
        publisher=sys.intern(article.publisher),
        source=sys.intern(article.source),
        language=scored.language or article.language,
        title=(article.title or article.body)[:300],
        signature=scored.signature,
        facts=facts_of(article.title, article.body, named),
        names=tuple(names(scored, watched, wanted)),
        sentiments=(_sentiment(scored), *map(_sentiment, scored.mentions)),
        trust=trust(article.publisher),
    )
