"""Articles and scores as rows of the store (`articles`, `scores`), and back."""

from __future__ import annotations

from typing import Any

import msgspec

from core.records import Article, Mention, ScoredArticle

_TOPICS = msgspec.json.Decoder(dict[str, int])
_MENTIONS = msgspec.json.Decoder(tuple[Mention, ...])
_EXTRA = msgspec.json.Decoder(dict[str, Any])


def article_from_row(row: Any) -> Article:
    """Return the article of its row in `articles`. Raises msgspec.DecodeError where `extra` is no JSON object."""
    return Article(
        id=row.id,
        revision=row.revision,
        origin=row.origin,
        source=row.source,
        publisher=row.publisher,
        url=row.url,
        title=row.title,
        body=row.body,
        language=row.language,
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        available_at=row.available_at,
        extra=_EXTRA.decode(row.extra),
    )


def scored_from_row(article: Article, row: Any) -> ScoredArticle:
    """Return the scored article of an article and its row in `scores`. Raises msgspec.DecodeError for bad JSON."""
    return ScoredArticle(
        article=article,
        p_negative=row.p_negative,
        p_neutral=row.p_neutral,
        p_positive=row.p_positive,
        abstained=row.abstained,
        topics=_TOPICS.decode(row.topics),
        mentions=_MENTIONS.decode(row.mentions),
        signature=row.signature,
        language=row.language,
        register=row.register,
        model_version=row.model_version,
        topic_threshold=row.topic_threshold,
    )


def article_row(article: Article) -> dict[str, Any]:
    """Return the row of `articles`; texts of people's own length are cut to their columns."""
    return {
        "id": article.id,
        "revision": article.revision,
        "origin": article.origin,
        "source": article.source[:200],
        "publisher": article.publisher[:200],
        "url": article.url,
        "title": article.title,
        "body": article.body,
        "language": article.language[:16],
        "published_at": article.published_at,
        "first_seen_at": article.first_seen_at,
        "available_at": article.available_at,
        "extra": msgspec.json.encode(article.extra).decode() if article.extra else "{}",
    }


def score_row(scored: ScoredArticle) -> dict[str, Any]:
    """Return the row of `scores`; labels are cut to their columns."""
    return {
        "id": scored.article.id,
        "revision": scored.article.revision,
        "p_negative": scored.p_negative,
        "p_neutral": scored.p_neutral,
        "p_positive": scored.p_positive,
        "abstained": scored.abstained,
        "topics": msgspec.json.encode(scored.topics).decode(),
        "mentions": msgspec.json.encode(scored.mentions).decode(),
        "signature": scored.signature[:128],
        "language": scored.language[:16],
        "register": scored.register[:16],
        "model_version": scored.model_version[:80],
        "topic_threshold": scored.topic_threshold,
    }
