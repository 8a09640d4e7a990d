"""Records for tests, with only what matters said."""

from __future__ import annotations

from typing import Any

from core.ids import article_id, partition_of, revision
from core.records import UNIT_SCALE, Article, Mention, ScoredArticle
from core.times import parse_iso

T0 = parse_iso("2026-03-02T09:00:00+00:00")
"""A Monday morning."""


def article(number: int = 0, **fields: Any) -> Article:
    """An article; the same number gives the same article."""
    title = fields.pop("title", f"Apple reports results, item {number}")
    body = fields.pop("body", "")
    at = fields.pop("at", T0 + number * 1000)
    source = fields.pop("source", "test")
    url = fields.pop("url", f"https://test.example/{number}")
    values: dict[str, Any] = {
        "id": article_id(source, url=url, published_at=at, text=title + body),
        "revision": revision(title, body),
        "origin": f"t:{number}",
        "source": source,
        "publisher": "test.example",
        "url": url,
        "title": title,
        "body": body,
        "language": "en",
        "published_at": at,
        "first_seen_at": at,
        "available_at": at,
    }
    return Article(**{**values, **fields})


def scored(number: int = 0, *, negative: int = 1_000, positive: int = 1_000, **fields: Any) -> ScoredArticle:
    """A scored article; `topics`, `mentions`, `signature`, `abstained` as in the record, the rest its article's."""
    own = {
        name: fields.pop(name)
        for name in ("topics", "mentions", "signature", "abstained", "register", "topic_threshold")
        if name in fields
    }
    if isinstance(mention := own.get("mentions"), str):
        own["mentions"] = (Mention(mention, "", 9_000, negative, UNIT_SCALE - negative - positive, positive),)
    item = article(number, **fields)
    return ScoredArticle(
        article=item,
        p_negative=negative,
        p_neutral=UNIT_SCALE - negative - positive,
        p_positive=positive,
        language=item.language,
        model_version="test/1",
        **own,
    )


def partition(item: Article, partitions: int = 4) -> int:
    """Where the article stands."""
    return partition_of(item.id, partitions)
