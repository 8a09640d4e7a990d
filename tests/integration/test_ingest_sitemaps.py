"""Sitemaps and their indices."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from core.errors import Refused
from ingest.sources.page.settings import PageSettings
from ingest.sources.page.source import PageSource
from tests.support.polls import Desk, asked, html
from tests.support.wild import Wild, ok


def sitemap(root: str, entry: str, *places: tuple[str, str]) -> bytes:
    entries = "".join(
        f"<{entry}><loc>{place}</loc>{f'<lastmod>{when}</lastmod>' if when else ''}</{entry}>"
        for place, when in places
    )
    return f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</{root}>'.encode()


def sited(wild: Wild, data: bytes, **more: Any) -> Desk:
    wild.answer("/sitemap.xml", ok(data, 'ETag: "v1"'))
    return Desk(PageSource(PageSettings(name="s", kind="page", url=wild.url("/sitemap.xml"), **more)))


def urlset(wild: Wild, *names: str) -> bytes:
    for name in names:
        wild.answer(f"/a/{name}", ok(html(f"Rates {name}")))
    return sitemap("urlset", "url", *((wild.url(f"/a/{name}"), "") for name in names))


def test_pages_of_a_sitemap_are_articles_whatever_their_addresses_look_like(wild: Wild) -> None:
    desk = sited(wild, urlset(wild, "1", "2"))
    assert [article.title for article in desk.poll()] == ["Rates 1", "Rates 2"]


def test_the_sitemaps_of_an_index_are_followed_newest_first(wild: Wild) -> None:
    maps = [(wild.url(f"/map{n}.xml"), f"2024-03-{n + 1:02d}") for n in range(8)]
    for number in range(8):
        data = urlset(wild, str(number))
        packed = gzip.compress(data) if number % 2 else data
        wild.answer(f"/map{number}.xml", ok(packed))
    desk = sited(wild, sitemap("sitemapindex", "sitemap", *maps))
    assert [article.title for article in desk.poll()] == [f"Rates {n}" for n in (7, 6, 5, 4, 3)]
    assert desk.found.notes == ["an index of 8 sitemaps: the newest 5 are followed"]
    desk.poll()
    assert "if-none-match" in wild.asked[-6].lower()
    assert asked(wild, "/a/") == 5


def test_a_sitemap_that_cannot_be_read_costs_the_others_of_its_index_nothing(wild: Wild) -> None:
    wild.answer("/map2.xml", ok(urlset(wild, "2")))
    index = sitemap("sitemapindex", "sitemap", (wild.url("/map1.xml"), ""), (wild.url("/map2.xml"), ""))
    desk = sited(wild, index)
    assert [article.title for article in desk.poll()] == ["Rates 2"]
    assert [str(error) for error in desk.found.unread] == [f"{wild.url('/map1.xml')}: answered 404"]
    wild.answer("/map1.xml", ok(urlset(wild, "1")))
    assert [article.title for article in desk.poll()] == ["Rates 1"]
    wild.answer("/map1.xml", ok(index))
    wild.answer("/map2.xml", ok(index))
    with pytest.raises(Refused, match="no sitemap of pages"):
        desk.poll()
