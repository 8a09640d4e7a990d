"""A feed's bytes -> items: RSS 0.9-2.0, RDF, Atom (through feedparser) and JSON Feed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urljoin

import feedparser
import orjson

from core.errors import Reason, Refused
from core.ids import digest
from ingest.items.item import NewsItem
from ingest.text.charset import decode_text
from ingest.text.clean import is_non_text, non_text_detail
from ingest.web.extract import Page, plain
from ingest.web.urls import canonical

_ENTITY = re.compile(r"<!ENTITY\s+(%\s+)?[^>]*?>", re.IGNORECASE | re.DOTALL)
_SAFE_ENTITY = re.compile(
    r"<!ENTITY\s+[\w.-]+\s+[\"'](?:&#x?[0-9a-fA-F]+;|[^&%\"']{0,64})[\"']\s*>", re.IGNORECASE
)
_ITEM = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_ITEM_END = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>|<(?:\w+:)?(?:item|entry)\b[^<>]*/>", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def parse_feed(
    data: bytes, url: str = "", content_type: str = "", shared: dict[str, None] | None = None
) -> list[NewsItem]:
    """Return the feed's items; a malformed item does not affect the others.

    Raises Refused for what is not a feed, an error page, or hostile XML.


    `shared`: addresses that were found to be several items'; those found now are added.
    """
    return _own_identities(_parse(data, url, content_type), {} if shared is None else shared)


def _own_identities(items: list[NewsItem], shared: dict[str, None]) -> list[NewsItem]:
    """An address that items with different texts share (a page of notices) identifies none of them: their ids do."""
    texts: dict[str, tuple[str, str, str]] = {}
    for item in items:
        if address := canonical(item.url):
            text = (item.own_id, item.title, item.body)
            first = texts.setdefault(address, text)
            # One id twice is a correction, one text under two ids an article that is listed twice.
            named_apart = first[0] != text[0] if text[0] or first[0] else first[1] != text[1]
            if named_apart and first[1:] != text[1:]:
                shared[address] = None
    return [_by_own_id(item) if canonical(item.url) in shared else item for item in items]


def _by_own_id(item: NewsItem) -> NewsItem:
    own_id = item.own_id or digest("text", str(item.published), item.title, item.body)
    return replace(item, own_id=own_id, by_own_id=True, context={**item.context, "own_id": own_id})


def _parse(data: bytes, url: str, content_type: str) -> list[NewsItem]:
    # One reading of the bytes, by what they are: what is checked here is what the parser gets.
    text, _ = decode_text(data, content_type)
    text = _CONTROLS.sub("", text.lstrip("\ufeff \t\r\n"))
    if not text:
        raise Refused(f"{url}: an empty answer")
    if text[0] in "{[":
        return list(_json_feed(text, url))
    for entity in _ENTITY.finditer(text):
        if not _SAFE_ENTITY.fullmatch(entity.group()):
            raise Refused(f"{url}: declares XML entities, which are not expanded")
    headers = {"content-type": "application/xml; charset=utf-8"}
    if url:
        headers["content-location"] = url
    try:
        # As a stream: given bytes, feedparser would take them for a file's name first.
        parsed = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers=headers,
            sanitize_html=True,
            resolve_relative_uris=True,
        )
    except (
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        LookupError,
        AssertionError,
        RecursionError,
    ) as error:
        raise Refused(f"{url}: cannot be parsed as a feed ({type(error).__name__}: {error})") from error
    if not parsed.entries and not parsed.version:
        head = text[:300].lower()
        what = "an HTML page" if "<html" in head or "<!doctype html" in head else "neither RSS, Atom nor RDF"
        reason = f": {parsed.bozo_exception}" if parsed.get("bozo_exception") else ""
        raise Refused(f"{url}: not a feed but {what}{reason}"[:300])
    language = parsed.feed.get("language", "") or ""
    entries = parsed.entries[:-1] if ends_early(data) else parsed.entries
    return [_entry(entry, language, url) for entry in entries]


def ends_early(data: bytes) -> bool:
    """Return whether an XML feed ends inside its last item, whose text would be incomplete."""
    starts = [found.start() for found in _ITEM.finditer(data)]
    return bool(starts) and _ITEM_END.search(data, starts[-1]) is None


def _entry(entry: Any, language: str, base: str) -> NewsItem:
    bodies = [part.get("value") or "" for part in entry.get("content") or ()] + [entry.get("summary") or ""]
    link = entry.get("link") or next(
        (
            found.get("href", "")
            for found in entry.get("links") or ()
            if found.get("rel", "alternate") == "alternate"
        ),
        "",
    )
    tags = [tag.get("term") for tag in entry.get("tags") or () if tag.get("term")]
    return NewsItem(
        url=urljoin(base, link) if link else "",
        own_id=entry.get("id") or "",
        title=plain(entry.get("title") or ""),
        body=max((plain(body) for body in bodies), key=len, default=""),
        published=entry.get("published") or entry.get("updated") or entry.get("created") or "",
        language=entry.get("language") or language or "",
        author=plain(entry.get("author") or ""),
        publisher=plain((entry.get("source") or {}).get("title") or "")
        if isinstance(entry.get("source"), dict)
        else "",
        raw=orjson.dumps(dict(entry), default=str, option=orjson.OPT_NON_STR_KEYS),
        context={"form": "xml", "language": language, "base": base},
        extra={"tags": tags[:20]} if tags else {},
    )


def _json_feed(text: str, url: str) -> Iterator[NewsItem]:
    try:
        feed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused(f"{url}: not JSON ({error})") from error
    entries = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(entries, list) or "jsonfeed.org" not in str(feed.get("version", "")):
        raise Refused(f"{url}: JSON, but not a JSON Feed (no version of jsonfeed.org with items)")
    language = str(feed.get("language") or "")
    for entry in entries:
        yield _json_entry(entry, language, url)


def _json_entry(entry: Any, language: str, base: str) -> NewsItem:
    raw = orjson.dumps(entry)
    context = {"form": "json", "language": language, "base": base}
    if not isinstance(entry, dict):
        return NewsItem(raw=raw, context=context, fault=(Reason.BAD_ROW, "expected a JSON object"))

    def word(name: str) -> str:
        value = entry.get(name)
        return str(value) if isinstance(value, (str, int, float)) else ""

    fault = None
    for name in ("title", "content_html", "content_text", "summary"):
        if is_non_text(entry.get(name)):
            fault = (Reason.BAD_ROW, non_text_detail(name, entry[name]))
    authors = entry.get("authors") or [entry.get("author")]
    names = (
        [str(one.get("name")) for one in authors if isinstance(one, dict) and one.get("name")]
        if isinstance(authors, list)
        else []
    )
    return NewsItem(
        url=urljoin(base, link) if (link := word("url") or word("external_url")) else "",
        own_id=word("id"),
        title=plain(word("title")),
        body=plain(word("content_html")) or word("content_text") or plain(word("summary")),
        published=word("date_published") or word("date_modified"),
        language=word("language") or language,
        author=", ".join(names),
        raw=raw,
        context=context,
        fault=fault,
    )


def rebuild_entry(raw: bytes, context: Mapping[str, Any]) -> NewsItem:
    """Return the item of a dead letter's entry, with what its page had added. Raises ValueError for no JSON."""
    entry = orjson.loads(raw)
    language, base = context.get("language", ""), context.get("base", "")
    if context.get("form") == "json":
        item = _json_entry(entry, language, base)
    else:
        item = _entry(feedparser.FeedParserDict(entry), language, base)
    if own_id := context.get("own_id"):
        item = replace(item, own_id=own_id, by_own_id=True)
    if page := context.get("page"):
        item = with_page(item, Page(**page))
    return replace(item, flags=("summary_only",)) if context.get("summary_only") else item


def with_page(item: NewsItem, page: Page) -> NewsItem:
    """Return the item with what its page adds; the context keeps it, as the page may not be available again."""
    return replace(
        item,
        title=item.title or page.title,
        body=page.body if len(page.body) > len(item.body) else item.body,
        author=item.author or page.author,
        published=item.published or page.published,
        language=item.language or page.language,
        context={**item.context, "page": asdict(page)},
    )
