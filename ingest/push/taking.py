"""The lines of a push request -> articles in the store, and a receipt that says what became of each line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from core.clock import Clock
from core.records import Article, DeadLetter
from core.settings import Settings
from core.store import Store
from ingest.items.build import build
from ingest.items.item import NewsItem, SourceInfo
from ingest.push.request import Caller
from ingest.push.schema import PushedArticle, Receipt, RefusedLine, Taken
from ingest.push.storing import store_articles
from ingest.sources.info import source_info
from ingest.sources.push.settings import PushSettings
from ingest.web.urls import canonical

_OURS = frozenset(("flags", "published_raw", "author", "trust", "tickers", "date_only"))
"""Keys of `extra` that ingest itself sets; nobody sets them from outside."""


def take_lines(
    settings: Settings, store: Store, clock: Clock, names: Mapping[str, PushSettings], caller: Caller,
    lines: list[tuple[int, bytes]],
) -> Receipt:  # fmt: skip
    """Store the articles on these lines. `names`: the sources of kind push. Raises StoreUnavailable."""
    refused: list[RefusedLine] = []
    articles: list[tuple[int, Article]] = []
    ignored: dict[int, list[str]] = {}
    now = clock.now_ms()
    for number, line in lines:
        try:
            sent = orjson.loads(line)
            pushed = PushedArticle.model_validate(sent)
        except orjson.JSONDecodeError as error:
            refused.append(RefusedLine(line=number, reason="bad_json", detail=str(error)))
            continue
        except ValueError as error:
            refused.append(RefusedLine(line=number, reason="bad_row", detail=_first_fault(error)))
            continue
        name = pushed.source or _plain(caller.name)
        if pushed.source and pushed.source not in names and pushed.source != caller.name:
            known = ", ".join(sorted(names)) or "none"
            detail = f"no source {pushed.source!r} of kind push; known: {known}"
            refused.append(RefusedLine(line=number, reason="unknown_source", detail=detail))
            continue
        record = build(_item(pushed, line), _info(settings, names.get(name), name), now)
        if isinstance(record, DeadLetter):
            refused.append(RefusedLine(line=number, reason=str(record.reason), detail=record.detail))
        else:
            articles.append((number, record))
            ignored[number] = _ignored(sent)
    new = store_articles(store, [article for _, article in articles], now)
    taken = []
    for number, article in articles:
        repeated = article.origin not in new
        taken.append(Taken(line=number, id=article.id, repeated=repeated, ignored=ignored[number]))
        new.discard(article.origin)
    return Receipt(taken=taken, refused=refused)


def _item(pushed: PushedArticle, line: bytes) -> NewsItem:
    return NewsItem(
        url=pushed.url if canonical(pushed.url) else "",
        own_id=pushed.id,
        by_own_id=bool(pushed.id),  # sent again without its address, or with another, it is the same
        title=pushed.title,
        body=pushed.body,
        published="" if pushed.published_at is None else str(pushed.published_at),
        language=pushed.language,
        publisher=pushed.publisher,
        author=pushed.author,
        tickers=pushed.tickers or None,
        raw=line,
        extra={name: value for name, value in pushed.extra.items() if name not in _OURS},
    )


def _ignored(sent: dict[str, Any]) -> list[str]:
    """The first few fields of a pushed object of which nothing was kept."""
    unknown = [name for name in sent if name not in PushedArticle.model_fields]
    unknown += [f"extra.{name}" for name in sent.get("extra", ()) if name in _OURS]
    return [name[:100] for name in unknown[:20]]


def _info(settings: Settings, spec: PushSettings | None, name: str) -> SourceInfo:
    if spec is None:
        return SourceInfo(name=name, max_bytes=settings.ingest.max_article_bytes)
    return source_info(spec, settings)


def _plain(name: str) -> str:
    return "".join(char if char.isalnum() or char in "_.:-" else "_" for char in name)[:100] or "push"


def _first_fault(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)[:300]
    fault: Any = errors()[0]
    return f"{'.'.join(str(step) for step in fault['loc']) or 'article'}: {fault['msg']}"[:300]
