"""A list page or a sitemap: new links on it are followed, each page becomes an article."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from core.errors import Refused, Retryable
from core.times import DAY, HOUR
from ingest.live.items import Item
from ingest.sources.base import TRIES, Context, Look, again, cut_short, headers_for, tried, waits
from ingest.sources.spec import PageSpec
from ingest.text.charset import decode_text
from ingest.times.moments import parse_moment
from ingest.web.extract import extract_page, parse_html
from ingest.web.fetch import Answer
from ingest.web.unpack import unpack
from ingest.web.urls import canonical, origin, publisher_of

_SITEMAP_BYTES = 52 << 20
MAPS = 5
"""Sitemaps of an index that are followed: the newest. Archives go back for decades."""
REREAD_MS = (HOUR, 6 * HOUR)
"""How long after a page was read it is read again, in this order."""
NEW_MS = 2 * DAY
"""What was published longer ago is history, and read once."""
MOST_REREADS = 300
"""Pages that wait to be read again; of more, the earliest are left as they are."""
HTML, URLS, INDEX = "a page", "a sitemap", "an index of sitemaps"
_LIKELY = re.compile(
    r"/(?:19|20)\d\d[/-]?\d\d|/\d{5,}|-\d{5,}|/[^/]*-[^/]*-[^/]*-[^/]+/?$|/(?:news|article|story|press|release)s?/.+|"
    r"\.s?html?$|/t20\d{6}_",
    re.IGNORECASE,
)


@dataclass
class Reread:
    """A page that was taken and is read again, for what was corrected since."""

    url: str
    due: int
    published: str = ""
    """As the list said."""
    validators: dict[str, str] = field(default_factory=dict)
    times: int = 0


class Page:
    """One list page."""

    def __init__(self, spec: PageSpec) -> None:
        self._spec = spec
        self._links = re.compile(spec.links) if spec.links else None

    def look(self, state: dict[str, Any], context: Context) -> Look:
        spec = self._spec
        answer = context.fetcher.get(
            spec.url, validators=state.get("validators"), headers=spec.headers, max_bytes=_SITEMAP_BYTES
        )
        rereads = [Reread(**one) for one in state.get("rereads", ())]
        if answer.status == 304:
            look = Look(state=dict(state), unchanged=not any(one.due <= context.now_ms for one in rereads))
            self._reread(rereads, spec.max_pages, look, context)
            return look
        look = Look(state={"validators": {} if answer.cut else answer.validators})
        kind, found = self._read(answer)
        if kind == INDEX:
            found = self._of_index(found, look, context)
        wanted = [(url, when) for url, when in found if self._wanted(url, answer.url, kind)]
        if not wanted:
            raise answer.blame(
                Refused(f"{spec.url}: no link to an article found on it ({len(found)} links in all)")
            )
        look.named = [url for url, _ in wanted]
        fetched = 0
        resting: set[str] = set()
        for url, published in wanted:
            times = tried(context, url)
            if times is None and context.known(url):
                continue
            if resting and origin(url) in resting:
                look.left.append(url)
                continue
            if fetched >= spec.max_pages or (fetched and context.stopping()):  # each look comes on
                look.more, look.state = True, {}
                look.left.append(url)
                continue
            fetched += 1
            if not self._take(url, published, times or 0, look, context, rereads):
                resting.add(origin(url))
        self._reread(rereads, spec.max_pages - fetched, look, context)
        return look

    def _reread(self, rereads: list[Reread], most: int, look: Look, context: Context) -> None:
        """Pages whose time has come, where there is room behind the new ones. One that is gone is left as it was."""
        kept: list[Reread] = []
        for one in rereads:
            if one.due > context.now_ms or most <= 0 or context.stopping():
                kept.append(one)
                continue
            most -= 1
            one.times += 1
            if one.times < len(REREAD_MS):
                one.due = context.now_ms + REREAD_MS[one.times]
                kept.append(one)
            own = headers_for(one.url, self._spec.url, self._spec.headers)
            try:
                answer = context.fetcher.get(
                    one.url, validators=one.validators, headers=own, accept="text/html, */*;q=0.5"
                )
                if answer.status != 304 and not answer.cut:
                    look.items.append(_item(one.url, one.published, answer))
                    one.validators = answer.validators
            except (Refused, Retryable) as error:
                look.notes.append(f"not read again: {error}")
        look.state["rereads"] = [asdict(one) for one in kept[-MOST_REREADS:]]

    def _take(
        self, url: str, published: str, times: int, look: Look, context: Context, rereads: list[Reread]
    ) -> bool:
        """The page as an item; False where its server wants to be left alone. One that is refused or comes cut short
        is asked for again at the next looks, one whose server is away until it is there, one that is no article never.
        """
        own = headers_for(url, self._spec.url, self._spec.headers)
        try:
            answer = context.fetcher.get(url, headers=own, accept="text/html, */*;q=0.5")
        except (Refused, Retryable) as error:
            look.unread.append(error)
            look.state = {}  # ask for the list again, though it may not have changed
            if isinstance(error, Refused):
                look.keys[url] = again("", times + 1)
            elif waits(error):
                look.left.append(url)
                return False
            return True
        flags: tuple[str, ...] = ()
        if cut_short(answer):
            if times + 1 < TRIES:
                look.unread.append(Retryable(f"{url}: the connection ended early"))
                look.keys[url], look.state = again("", times + 1), {}
                return True
            flags = ("cut_short",)  # more of it does not come
        try:
            item = _item(url, published, answer)
        except Refused as error:
            look.unread.append(error)
            look.keys[url] = ""  # no article and not one tomorrow
            return True
        look.items.append(replace(item, flags=flags))
        moment = parse_moment(item.published)
        if self._spec.revisions and (moment is None or moment[0] > context.now_ms - NEW_MS):
            rereads.append(Reread(url, context.now_ms + REREAD_MS[0], published, answer.validators))
        return True

    def _read(self, answer: Answer) -> tuple[str, list[tuple[str, str]]]:
        try:
            data = _opened(answer.body)
            return _kind(data), links_of(data, answer.url, answer.content_type)
        except Refused as error:
            raise answer.blame(error) from error

    def _of_index(self, maps: list[tuple[str, str]], look: Look, context: Context) -> list[tuple[str, str]]:
        """What the newest sitemaps of an index name. Raises Refused or Retryable where none of them can be read."""
        if not all(when for _, when in maps):
            look.state = {}  # then the index need not change when one of its sitemaps does
        if len(maps) > MAPS:
            look.notes.append(f"an index of {len(maps)} sitemaps: the newest {MAPS} are followed")
        found: dict[str, str] = {}
        for place, _ in maps[:MAPS]:
            own = headers_for(place, self._spec.url, self._spec.headers)
            try:
                answer = context.fetcher.get(place, headers=own, max_bytes=_SITEMAP_BYTES)
                kind, links = self._read(answer)
                if kind != URLS:
                    raise Refused(f"{place}: no sitemap of pages")
            except (Refused, Retryable) as error:
                look.unread.append(error)
                look.state = {}
                continue
            for url, when in links:
                found.setdefault(url, when)
        if not found and look.unread:
            raise look.unread[0]
        return list(found.items())

    def _wanted(self, url: str, base: str, kind: str) -> bool:
        if self._links is not None:
            return self._links.search(url) is not None
        path = urlsplit(url).path
        # A sitemap names pages that are meant to be found; a list page also names all that stands around its news.
        likely = kind != HTML or _LIKELY.search(path) is not None
        return publisher_of(url) == publisher_of(base) and len(path) > 1 and likely

    def close(self) -> None:
        """Nothing to let go of."""


def _item(url: str, published: str, answer: Answer) -> Item:
    """The article on the page. Raises Refused where there is none."""
    page = extract_page(answer.body, answer.url, answer.content_type)
    return Item(
        url=url,
        title=page.title,
        body=page.body,
        published=page.published or published,
        language=page.language,
        author=page.author,
        raw=answer.body,
        context={
            "url": url,
            "listed": published,
            "address": answer.url,
            "content_type": answer.content_type,
        },
    )


def item_again(raw: bytes, context: Mapping[str, Any]) -> Item:
    """The item of a dead letter. Raises Refused: no article on the page."""
    address, kind = context.get("address", ""), context.get("content_type", "")
    answer = Answer(address, 200, {"content-type": kind}, raw)
    return _item(context.get("url", address), context.get("listed", ""), answer)


def links_of(data: bytes, url: str, content_type: str = "") -> list[tuple[str, str]]:
    """(canonical address, publish time or "") of what a list page or sitemap names, in its order, each once."""
    data = _opened(data)
    if _kind(data) != HTML:
        return _sitemap(data, url)
    text, _ = decode_text(data, content_type)
    tree = parse_html(text)
    if tree is None:
        raise Refused(f"{url}: no HTML")
    base = next((node.get("href") for node in tree.iter("base") if node.get("href")), url)
    found: dict[str, str] = {}
    for node in tree.iter("a"):
        href = (node.get("href") or "").strip()
        if not href or href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
            continue
        try:
            address = canonical(urljoin(urljoin(url, base), href))
        except ValueError:
            continue
        if address and address != canonical(url):
            found.setdefault(address, "")
    return list(found.items())


def _opened(data: bytes) -> bytes:
    """A sitemap's own gzip undone (`sitemap.xml.gz`)."""
    return unpack(data, "gzip", _SITEMAP_BYTES) if data[:2] == b"\x1f\x8b" else data


def _kind(data: bytes) -> str:
    """HTML, URLS or INDEX."""
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:600].lower()
    return URLS if b"<urlset" in head else INDEX if b"<sitemapindex" in head else HTML


def _sitemap(data: bytes, url: str) -> list[tuple[str, str]]:
    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise Refused(f"{url}: broken sitemap ({error})") from error
    found: dict[str, str] = {}
    for entry in root:
        place, when = "", ""
        for node in entry.iter():
            name = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
            if name == "loc" and not place:
                place = (node.text or "").strip()
            elif name == "publication_date" or (name == "lastmod" and not when):
                when = (node.text or "").strip()
        if address := canonical(place):
            found.setdefault(address, when)
    newest_first = sorted(found.items(), key=lambda pair: pair[1], reverse=True)
    return newest_first if any(when for _, when in newest_first) else list(found.items())
