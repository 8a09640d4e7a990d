"""Answers that come short: half of one is never taken for the whole, and it is asked for again."""

from __future__ import annotations

import json

import pytest

from core.errors import Retryable
from ingest.sources.api.settings import JsonApiSettings
from ingest.sources.api.source import JsonApiSource
from ingest.sources.field_paths import FieldPaths
from tests.support.polls import BODY, Desk, asked, cut, feed, html, page, rss
from tests.support.wild import Wild, ok


def test_half_a_page_is_not_the_article_and_is_asked_for_again(wild: Wild) -> None:
    desk = page(wild, "/art/1")
    wild.answer("/art/1", cut(html("Rates rise")))
    assert desk.poll() == []
    assert "ended early" in str(desk.found.unread[0])
    wild.answer("/art/1", ok(html("Rates rise")))
    (article,) = desk.poll()
    assert len(article.body) > 2 * len(BODY) - 10


def test_a_page_that_always_comes_short_is_taken_in_the_end_and_says_so(wild: Wild) -> None:
    desk = page(wild, "/art/1")
    wild.answer("/art/1", cut(html("Rates rise")))
    assert [len(desk.poll()) for _ in range(5)] == [0, 0, 1, 0, 0]
    assert asked(wild, "/art/1") == 3
    desk = page(wild, "/art/1")
    (article,) = [article for _ in range(3) for article in desk.poll()]
    assert "cut_short" in article.extra["flags"]


def test_a_whole_page_under_a_wrong_length_is_whole(wild: Wild) -> None:
    desk = page(wild, "/art/1")
    data = html("Rates rise")
    wild.answer("/art/1", ok(data, length=len(data) + 300))
    (article,) = desk.poll()
    assert "cut_short" not in article.extra["flags"]


def test_a_list_that_comes_short_is_asked_for_again_though_it_did_not_change(wild: Wild) -> None:
    desk = page(wild)
    links = b'<a href="/art/1">x</a>' + b" " * 100 + b'<a href="/art/2">x</a>'
    wild.answer("/list", ok(links[:60], 'ETag: "v1"', length=len(links)))
    for name in "12":
        wild.answer(f"/art/{name}", ok(html(f"Rates rise {name}")))
    assert [article.title for article in desk.poll()] == ["Rates rise 1"]
    wild.answer("/list", ok(links, 'ETag: "v1"'))
    assert [article.title for article in desk.poll()] == ["Rates rise 2"]
    assert "if-none-match" not in wild.asked[-2].lower()


@pytest.mark.parametrize("declared", [None, 10_000])
def test_the_item_in_which_a_feed_breaks_off_is_not_taken_for_whole(wild: Wild, declared: int | None) -> None:
    """Cut midway, or by a Content-Length that is too short."""
    desk = feed(wild, full_text=False)
    data = rss(wild, "1", "2", "3", body=BODY)
    half = data[: data.index(b"T 3") + len(BODY) // 2 + 80]
    wild.answer("/feed", ok(half, 'ETag: "v1"', length=declared))
    assert [article.title for article in desk.poll()] == ["T 1", "T 2"]
    wild.answer("/feed", ok(data, 'ETag: "v1"'))
    assert [(article.title, len(article.body) > 500) for article in desk.poll()] == [("T 3", True)]
    assert "if-none-match" not in wild.asked[-1].lower()


def test_half_a_json_answer_is_tried_again_and_not_refused(wild: Wild) -> None:
    data = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "t"}]})
    desk = feed(wild)
    wild.answer("/feed", cut(data.encode()))
    with pytest.raises(Retryable, match="ended early"):
        desk.poll()
    spec = JsonApiSettings(
        name="s", kind="api", url=wild.url("/feed"), items="items", fields=FieldPaths(title="title")
    )
    with pytest.raises(Retryable, match="ended early"):
        Desk(JsonApiSource(spec)).poll()


def test_half_a_sitemap_is_tried_again_and_not_refused(wild: Wild) -> None:
    desk = page(wild)
    wild.answer("/list", cut(b"<urlset>" + b"<url><loc>http://x.org/art/1</loc></url>" * 9 + b"</urlset>"))
    with pytest.raises(Retryable, match="ended early"):
        desk.poll()
