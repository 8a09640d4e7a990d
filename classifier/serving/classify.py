"""The scoring step: articles to scored articles, through the score cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from classifier.reading.script import OURS
from classifier.records import Score, Text
from classifier.scoring.score_cache import ScoreCache
from core.ids import text_hash
from core.records import Article, Mention, ScoredArticle

KEPT_TOPIC = 100
"""Topics below 1 % are left out on the wire."""


class ArticleScorer(Protocol):
    """The part of the engine that the step uses (classifier/scoring/engine.py)."""

    model_version: str

    def score(self, texts: Sequence[Text], progress: Callable[[int], None] | None = None) -> list[Score]:
        """One score per text, in order."""


class Classify:
    """Scores batches. `register`: news, social, forum, or auto (the model detects it)."""

    def __init__(self, engine: ArticleScorer, cache: ScoreCache, register: str = "auto") -> None:
        self._engine, self._cache, self._register = engine, cache, register
        self.hits = 0

    @property
    def model_version(self) -> str:
        """The version that stands in every score."""
        return self._engine.model_version

    def __call__(
        self, articles: Sequence[Article], progress: Callable[[int], None] | None = None
    ) -> list[ScoredArticle]:
        """One scored article for each, in order; known texts come from the cache."""
        keys = [text_hash(article.title, article.body) for article in articles]
        known = self._cache.get(list(dict.fromkeys(keys)), self._register)
        self.hits += sum(key in known for key in keys)
        fresh = {key: article for key, article in zip(keys, articles, strict=True) if key not in known}
        if fresh:
            register = None if self._register == "auto" else self._register
            texts = [
                Text(title=article.title, body=article.body, language=None, register=register)
                for article in fresh.values()
            ]
            made = dict(zip(fresh, self._engine.score(texts, progress), strict=True))
            self._cache.put(made, self._register)
            known |= made
        return [scored(article, known[key]) for key, article in zip(keys, articles, strict=True)]


def scored(article: Article, score: Score) -> ScoredArticle:
    """The article with its score, as a wire record.

    Where ingest, which knows the source, gives a language other than English and Chinese, the score abstains, also one
    cached for the same text without a language.
    """
    other = article.language not in ("", *OURS)
    return ScoredArticle(
        article=article,
        p_negative=score.p_negative,
        p_neutral=score.p_neutral,
        p_positive=score.p_positive,
        abstained=score.abstained or other,
        topics={name: p for name, p in score.topics.items() if p >= KEPT_TOPIC},
        mentions=tuple(
            Mention(
                m.entity, m.name, m.relevance, m.p_negative, m.p_neutral, m.p_positive, m.abstained or other
            )
            for m in score.mentions
        ),
        signature=score.signature,
        language=article.language if other else score.language,
        register=score.register,
        model_version=score.model_version,
    )
