"""The links of a list page, a sitemap or an index of sitemaps."""

from __future__ import annotations

from urllib.parse import urljoin

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from core.errors import Refused
from ingest.text.charset import decode_text
from ingest.web.extract import parse_html
from ingest.web.unpack import unpack
from ingest.web.urls import canonical

SITEMAP_BYTES = 52 << 20
"""The most that a sitemap may have, packed or unpacked."""
HTML, URLS, INDEX = "a page", "a sitemap", "an index of sitemaps"


def links_of(data: bytes, url: str, content_type: str = "") -> list[tuple[str, str]]:
    """Return (canonical address, publish time or "") of what a list page or sitemap names, each once, in its order.

    A sitemap's newest come first. Raises Refused: no HTML, or a broken sitemap.
    """
    data = ungzipped(data)
    if kind_of_list(data) != HTML:
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


def ungzipped(data: bytes) -> bytes:
    """Return the bytes, without the gzip of a `sitemap.xml.gz`. Raises Refused: broken, or over SITEMAP_BYTES."""
    return unpack(data, "gzip", SITEMAP_BYTES) if data[:2] == b"\x1f\x8b" else data


def kind_of_list(data: bytes) -> str:
    """Which of HTML, URLS (a sitemap) and INDEX (of sitemaps) the bytes are, by their beginning."""
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
