"""A news page -> title, text, author, time: the page's own metadata first (JSON-LD), then trafilatura.

HTML is parsed, never executed. Raises Refused for what is no article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import lxml.html
import orjson
import trafilatura
from lxml import etree

from core.errors import Refused
from ingest.text.charset import decode_text, normalize_text
from ingest.text.clean import clean
from ingest.times.moments import EARLIEST, parse_moment

_ARTICLES = frozenset(
    ("Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "BlogPosting", "OpinionNewsArticle",
     "BackgroundNewsArticle", "LiveBlogPosting", "AdvertiserContentArticle", "TechArticle", "Report", "PressRelease")
)  # fmt: skip
_DROP = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MARKUP = re.compile(
    r"</?(?:p|br|div|span|a|b|i|u|em|strong|ul|ol|li|img|h[1-6]|table|t[rdh]|tbody|blockquote|script|style|font|figure|"
    r"section|article|iframe|video|small|sub|sup|pre|code|hr|center|form|input|svg|object|embed|html|body|head)\b[^<]*>|<!--",
    re.IGNORECASE,
)
_NOISE = ("script", "style", "noscript", "template", "iframe", "object", "svg", "head", "form")
_BLOCK = frozenset(
    (
        "p",
        "div",
        "br",
        "li",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "section",
        "article",
        "ul",
        "ol",
        "td",
    )
)

SHORT = 200
"""A text of fewer characters may be a caption taken for the article."""


@dataclass(frozen=True)
class Page:
    """What a page says."""

    title: str = ""
    body: str = ""
    author: str = ""
    published: str = ""
    """As written; "" where nothing says it."""
    language: str = ""
    site: str = ""
    canonical: str = ""


def extract_page(data: bytes, url: str = "", content_type: str = "") -> Page:
    """Return the article on the page. Raises Refused when there is none (no text, not HTML)."""
    text, _ = decode_text(_DROP.sub(b"", data) if b"\0" not in data[:200] else data, content_type)
    tree = parse_html(text)
    if tree is None:
        raise Refused(f"{url}: no HTML")
    meta = metadata(tree)
    document: Any = _trafilatura(text, url, precise=True)
    body = clean(normalize_text(document.text or "")) if document is not None else ""
    if len(body) < SHORT:  # little was certain: take what is likely
        document = _trafilatura(text, url, precise=False) or document
        body = max(body, clean(normalize_text(document.text or "")) if document is not None else "", key=len)
    stated = clean(normalize_text(meta.get("body", "")))
    if len(body) < SHORT and len(stated) > 2 * len(body):
        body = stated
    title = meta.get("title", "") or (document.title if document is not None else "") or ""
    if not body:
        raise Refused(f"{url}: no article text found on the page")
    title = clean(normalize_text(title))
    first, _, rest = body.partition("\n")
    if first.strip() == title and rest.strip():
        body = rest.strip()  # the heading stands above the text, and is the title already
    return Page(
        title=title,
        body=body,
        author=clean(meta.get("author", "") or (document.author if document is not None else "") or ""),
        published=meta.get("published", "") or (document.date if document is not None else "") or "",
        language=meta.get("language", ""),
        site=meta.get("site", "") or (document.sitename if document is not None else "") or "",
        canonical=meta.get("canonical", ""),
    )


def _trafilatura(text: str, url: str, *, precise: bool) -> Any:
    return trafilatura.bare_extraction(
        text, url=url or None, include_comments=False, favor_precision=precise, with_metadata=True,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )  # fmt: skip


def parse_html(text: str) -> Any | None:
    """Return the lxml tree of the text; None where it is no HTML."""
    if not text.strip():
        return None
    try:
        # As bytes, so that a declaration inside the text cannot confuse the parser a second time.
        parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        tree = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    return tree if len(tree) else None


def metadata(tree: Any) -> dict[str, str]:
    """title, author, published, body, language, site, canonical as the page itself states them."""
    found: dict[str, str] = {}
    for node in _json_ld(tree):
        kinds = node.get("@type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if not any(isinstance(kind, str) and kind.rpartition("/")[2] in _ARTICLES for kind in kinds):
            continue
        for name, keys in (
            ("title", ("headline", "name")),
            ("published", ("datePublished", "dateCreated")),
            ("author", ("author", "creator")),
            ("body", ("articleBody",)),
            ("language", ("inLanguage",)),
            ("site", ("publisher",)),
        ):
            for key in keys:
                if name not in found and (value := _word(node.get(key))):
                    found[name] = value
    for name, properties in (
        ("published", ("article:published_time", "og:published_time", "datePublished", "pubdate", "publishdate",
                       "parsely-pub-date", "weibo: article:create_at", "og:release_date", "dc.date.issued")),
        ("title", ("og:title", "twitter:title")),
        ("author", ("author", "article:author")),
        ("site", ("og:site_name",)),
    ):  # fmt: skip
        if name not in found and (value := _meta(tree, properties)):
            found[name] = value
    if (moment := parse_moment(found.get("published"))) is not None and moment[0] < EARLIEST:
        del found["published"]  # 0001-01-01 is how some pages say that they do not know
    if "language" not in found and (
        tag := tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    ):
        found["language"] = tag
    for link in tree.iterfind(".//link[@rel='canonical']"):
        found.setdefault("canonical", (link.get("href") or "").strip())
    return found


def _meta(tree: Any, names: tuple[str, ...]) -> str:
    wanted = {name.lower(): place for place, name in enumerate(names)}
    best = (len(names), "")
    for node in tree.iter("meta"):
        name = (node.get("property") or node.get("name") or node.get("itemprop") or "").lower()
        place = wanted.get(name)
        content = (node.get("content") or "").strip()
        if place is not None and content and place < best[0]:
            best = (place, content)
    return best[1]


def _json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        text = (script.text or "").strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
        if len(text) > 1_000_000:
            continue
        try:
            stack: list[Any] = [orjson.loads(text)]
        except orjson.JSONDecodeError:
            try:
                stack = [
                    orjson.loads(re.sub(r"[\x00-\x1f]", " ", text))
                ]  # raw line breaks inside strings are common
            except orjson.JSONDecodeError:
                continue
        steps = 0
        while stack and steps < 2000:
            steps += 1
            node = stack.pop(0)
            if isinstance(node, list):
                stack += node
            elif isinstance(node, dict):
                yield node
                stack += [
                    node[key]
                    for key in ("@graph", "mainEntity", "mainEntityOfPage")
                    if isinstance(node.get(key), (dict, list))
                ]


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return ", ".join(filter(None, (_word(item) for item in value[:5])))
    if isinstance(value, dict):
        return _word(value.get("name") or value.get("@value"))
    return ""


def plain(html: str) -> str:
    """Return the text of an HTML fragment (a feed's summary): each block on a line of its own."""
    if _MARKUP.search(html) is None:  # `ASHTON-TATE <TATE>` names a ticker, not a tag
        return clean(normalize_text(unescape(html)))
    tree = parse_html(f"<div>{html}</div>")
    if tree is None:
        return ""
    for node in list(tree.iter(*_NOISE)):
        if node.getparent() is not None:
            node.drop_tree()
    parts: list[str] = []
    for event, node in etree.iterwalk(tree, events=("start", "end")):
        if not isinstance(node.tag, str):
            continue
        if event == "start":
            if node.tag in _BLOCK:
                parts.append("\n")
            parts.append(node.text or "")
        else:
            if node.tag in _BLOCK:
                parts.append("\n")
            parts.append(node.tail or "")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return clean(normalize_text("\n".join(line for line in lines if line)))
