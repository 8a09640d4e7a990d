"""One JSON object -> an item, by the field paths that a source's settings name."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import orjson

from core.errors import Reason
from ingest.items.item import NewsItem
from ingest.sources.field_paths import FieldPaths, dig
from ingest.text.clean import is_non_text, non_text_detail
from ingest.web.extract import plain


def map_item(entry: Any, fields: FieldPaths, base: str = "") -> NewsItem:
    """Return the item that `fields` find in one JSON object; `base` resolves relative addresses. Never raises.

    Where a title or body is no text the item carries a fault, which makes it a dead letter.
    """

    def word(path: str) -> str:
        value = dig(entry, path) if path else None
        return "" if value is None or isinstance(value, (dict, list)) else str(value)

    link = word(fields.url)
    fault = None
    for name, path in (("title", fields.title), ("body", fields.body)):
        if path and is_non_text(found := dig(entry, path)):
            fault = (Reason.BAD_ROW, non_text_detail(f"{name} ({path})", found))
    return NewsItem(
        fault=fault,
        url=urljoin(base, link) if link else "",
        own_id=word(fields.id),
        title=plain(word(fields.title)),
        body=plain(word(fields.body)),
        published=word(fields.published_at),
        language=word(fields.language),
        publisher=word(fields.publisher),
        author=word(fields.author),
        tickers=dig(entry, fields.tickers) if fields.tickers else None,
        raw=orjson.dumps(entry, default=str),
        context={"base": base} if base else {},
    )
