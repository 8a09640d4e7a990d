"""An item -> an Article, or a dead letter. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from core.deadletter import dead_letter
from core.errors import InvalidRecord, Reason
from core.ids import article_id, revision
from core.origins import Origin, OriginKind, source_origin
from core.records import Article, DeadLetter, encode
from core.text.language import detect, normalize_tag
from ingest.items.item import NewsItem, SourceInfo
from ingest.items.tickers import ticker_list
from ingest.text.charset import normalize_text
from ingest.text.clean import clean
from ingest.times.dates import publish_time
from ingest.web.urls import canonical, publisher_of


def build(item: NewsItem, info: SourceInfo, now_ms: int) -> Article | DeadLetter:
    """Return the item's article, or a dead letter with the reason `no_text`, `too_large` or `bad_row`.

    first_seen_at and available_at are `now_ms` (available_at is set again when it is published).
    A missing or impossible time is replaced by first_seen_at and flagged.
    """
    try:
        return _build(item, info, now_ms)
    except InvalidRecord as error:
        rev = revision(item.title, item.body)
        origin = source_origin(info.name, item.key or rev, rev)
        return dead_letter(
            origin=origin, reason=error.reason, payload=item.raw, at=now_ms, detail=error.detail, source=info.name,
            key=item.key, error=type(error.__cause__ or error).__name__,
            context=orjson.dumps(item.context).decode() if item.context else "",
        )  # fmt: skip


def _build(item: NewsItem, info: SourceInfo, now_ms: int) -> Article:
    if item.fault is not None:
        raise InvalidRecord(*item.fault)
    title, body = clean(normalize_text(clean(item.title))), clean(normalize_text(clean(item.body)))
    if not title and not body:
        raise InvalidRecord(Reason.NO_TEXT, "neither title nor body")
    if len(title) > 2000:  # a body in the title's place
        title, body = "", body or title
    stated_language = normalize_tag(item.language) or normalize_tag(info.language)
    seen_language = detect(f"{title}\n{body[:600]}", stated_language)
    published_at, flag = publish_time(str(item.published), now_ms, info.timezone, seen_language)
    url = canonical(item.url)
    identity = {"url": "" if item.by_own_id else url, "own_id": item.own_id}
    rev = revision(title, body)
    extra: dict[str, Any] = {name: value for name, value in item.extra.items() if value not in (None, "")}
    flags = [name for name in (flag, *item.flags) if name]
    if flags:
        extra["flags"] = flags
    if "published_at" in flag and item.published:
        extra["published_raw"] = str(item.published)[:200]
    if item.author:
        extra["author"] = clean(item.author)[:200]
    if info.trust is not None:
        extra["trust"] = info.trust
    if item.tickers is not None and (names := ticker_list(item.tickers)):
        extra["tickers"] = names
    article = Article(
        id=article_id(info.name, **identity, published_at=published_at, text=f"{title}\n{body}"),
        revision=rev,
        origin=source_origin(info.name, item.key or article_id(info.name, text=f"{title}\n{body}"), rev),
        source=info.name,
        publisher=(
            clean(item.publisher)[:200].lower() or info.publisher or (publisher_of(url) if url else "")
        ),
        url=url,
        title=title,
        body=body,
        language=seen_language,
        published_at=published_at,
        first_seen_at=now_ms,
        available_at=now_ms,
        extra=extra,
    )
    try:
        size = len(encode(article))
    except (TypeError, ValueError) as error:
        raise InvalidRecord(Reason.BAD_ROW, str(error)) from error
    if size > info.max_bytes:
        raise InvalidRecord(Reason.TOO_LARGE, f"{size} bytes; the limit is {info.max_bytes}")
    return article


def with_available_at(article: Article, now_ms: int) -> Article:
    """Return the article with available_at = `now_ms`. A dump's row keeps its event time: late, it is a correction."""
    if Origin.parse(article.origin).kind is OriginKind.FILE_ROW:
        return article
    return msgspec.structs.replace(article, available_at=now_ms)
