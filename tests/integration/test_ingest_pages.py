"""Linked pages and lists over a real server: what comes short, says no or wants to be left alone is not lost."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from core.errors import Refused, Retryable
from core.records import Article
from core.times import HOUR
from ingest.cursor import Cursor, mark_of
from ingest.fetch import Fetcher
from ingest.items import About, build
from ingest.sources.api import Api
from ingest.sources.base import Context, Look, Source
from ingest.sources.feed import Feed
from ingest.sources.page import Page
from ingest.sources.spec import ApiFields, ApiSpec, FeedSpec, PageSpec
from tests.support.wild import Wild, fetcher, ok

NOW = 1_700_000_000_000
BODY = "The central bank said on Monday that it would raise its main rate after inflation rose again. " * 6
BUSY = b"HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def wild() -> Iterator[Wild]:
    server = Wild()
    server.answer("/robots.txt", ok(b""))
    yield server
    server.stopping.set()
    server.listener.close()


class Desk:
    """A source and its cursor, as the live loop keeps them; `now` moves the fetcher's clock."""

    def __init__(self, source: Source) -> None:
        self.source, self.cursor, self.now, self.now_ms = source, Cursor("s"), 1000.0, NOW
        self.fetcher: Fetcher = fetcher(now_s=lambda: self.now, sleep=self._sleep)
        self.found = Look()

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def look(self) -> list[Article]:
        context = Context(self.fetcher, self.now_ms, self.cursor.known)
        self.found = found = self.source.look(dict(self.cursor.source), context)
        self.cursor.showed(found.named)
        taken = []
        for item in found.items:
            record = build(item, About("s"), self.now_ms)
            assert isinstance(record, Article)
            mark = mark_of(item, record.revision)
            if item.key and self.cursor.known(item.key, mark):
                continue
            if item.key:
                self.cursor.note(item.key, mark)
            taken.append(record)
        for key, mark in found.keys.items():
            self.cursor.note(key, mark)
        self.cursor.source = json.loads(json.dumps(found.state))
        return taken


def html(title: str) -> bytes:
    return (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{BODY}</p>"
        f"<p>{BODY[::-1]}</p></article></body></html>"
    ).encode()


def page(wild: Wild, *links: str, **more: Any) -> Desk:
    wild.answer("/list", ok("".join(f'<a href="{link}">x</a>' for link in links).encode()))
    return Desk(Page(PageSpec(name="s", kind="page", url=wild.url("/list"), links="/art/", **more)))


def rss(wild: Wild, *names: str, body: str = "Short.") -> bytes:
    items = "".join(
        f"<item><guid>{name}</guid><title>T {name}</title><link>{wild.url(f'/art/{name}')}</link>"
        f"<description>{body}</description></item>"
        for name in names
    )
    return f'<rss version="2.0"><channel><title>c</title>{items}</channel></rss>'.encode()


def feed(wild: Wild, *names: str, **more: Any) -> Desk:
    wild.answer("/feed", ok(rss(wild, *names)))
    return Desk(Feed(FeedSpec(name="s", kind="feed", url=wild.url("/feed"), **more)))


def asked(wild: Wild, path: str) -> int:
    return sum(line.startswith(f"GET {path}") for line in wild.asked)


def cut(data: bytes) -> bytes:
    return ok(data[: len(data) // 2], length=len(data))


# -- pages that come short


def test_half_a_page_is_not_the_article_and_is_asked_for_again(wild: Wild) -> None:
    desk = page(wild, "/art/1")
    wild.answer("/art/1", cut(html("Rates rise")))
    assert desk.look() == []
    assert "ended early" in str(desk.found.unread[0])
    wild.answer("/art/1", ok(html("Rates rise")))
    (article,) = desk.look()
    assert len(article.body) > 2 * len(BODY) - 10


def test_a_page_that_always_comes_short_is_taken_in_the_end_and_says_so(wild: Wild) -> None:
    desk = page(wild, "/art/1")
    wild.answer("/art/1", cut(html("Rates rise")))
    assert [len(desk.look()) for _ in range(5)] == [0, 0, 1, 0, 0]
    assert asked(wild, "/art/1") == 3
    desk = page(wild, "/art/1")
    (article,) = [article for _ in range(3) for article in desk.look()]
    assert "cut_short" in article.extra["flags"]


def test_a_whole_page_under_a_wrong_length_is_whole(wild: Wild) -> None:
    desk = page(wild, "/art/1")
    data = html("Rates rise")
    wild.answer("/art/1", ok(data, length=len(data) + 300))
    (article,) = desk.look()
    assert "cut_short" not in article.extra["flags"]


def test_a_list_that_comes_short_is_asked_for_again_though_it_did_not_change(wild: Wild) -> None:
    desk = page(wild)
    links = b'<a href="/art/1">x</a>' + b" " * 100 + b'<a href="/art/2">x</a>'
    wild.answer("/list", ok(links[:60], 'ETag: "v1"', length=len(links)))
    for name in "12":
        wild.answer(f"/art/{name}", ok(html(f"Rates rise {name}")))
    assert [article.title for article in desk.look()] == ["Rates rise 1"]
    wild.answer("/list", ok(links, 'ETag: "v1"'))
    assert [article.title for article in desk.look()] == ["Rates rise 2"]
    assert "if-none-match" not in wild.asked[-2].lower()


@pytest.mark.parametrize("declared", [None, 10_000])
def test_the_item_in_which_a_feed_breaks_off_is_not_taken_for_whole(wild: Wild, declared: int | None) -> None:
    """Cut midway, or by a Content-Length that is too short."""
    desk = feed(wild, full_text=False)
    data = rss(wild, "1", "2", "3", body=BODY)
    half = data[: data.index(b"T 3") + len(BODY) // 2 + 80]
    wild.answer("/feed", ok(half, 'ETag: "v1"', length=declared))
    assert [article.title for article in desk.look()] == ["T 1", "T 2"]
    wild.answer("/feed", ok(data, 'ETag: "v1"'))
    assert [(article.title, len(article.body) > 500) for article in desk.look()] == [("T 3", True)]
    assert "if-none-match" not in wild.asked[-1].lower()


def test_half_a_json_answer_is_tried_again_and_not_refused(wild: Wild) -> None:
    data = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "t"}]})
    desk = feed(wild)
    wild.answer("/feed", cut(data.encode()))
    with pytest.raises(Retryable, match="ended early"):
        desk.look()
    spec = ApiSpec(
        name="s", kind="api", url=wild.url("/feed"), items="items", fields=ApiFields(title="title")
    )
    with pytest.raises(Retryable, match="ended early"):
        Desk(Api(spec)).look()


def test_half_a_sitemap_is_tried_again_and_not_refused(wild: Wild) -> None:
    desk = page(wild)
    wild.answer("/list", cut(b"<urlset>" + b"<url><loc>http://x.org/art/1</loc></url>" * 9 + b"</urlset>"))
    with pytest.raises(Retryable, match="ended early"):
        desk.look()


# -- pages that say no, or not now


def test_a_server_that_wants_to_be_left_alone_is_not_asked_for_page_after_page(wild: Wild) -> None:
    desk = page(wild, *(f"/art/{number}" for number in range(8)))
    for number in range(8):
        wild.answer(f"/art/{number}", BUSY)
    assert desk.look() == []
    assert (asked(wild, "/art/"), len(desk.found.left), desk.found.more) == (1, 8, False)
    with pytest.raises(Retryable) as caught:
        desk.look()  # the list is on the same server; the breaker waits as long as it asks
    assert caught.value.after_s == pytest.approx(3600, abs=1)
    for number in range(8):
        wild.answer(f"/art/{number}", ok(html(f"Rates rise {number}")))
    desk.now += 3601
    assert len(desk.look()) == 8


def test_summaries_come_at_once_and_their_pages_as_revisions_later(wild: Wild) -> None:
    other = Wild()
    other.answer("/robots.txt", ok(b""))
    for name in "123":
        other.answer(f"/art/{name}", BUSY)
    desk = feed(wild)
    wild.answer("/feed", ok(rss(other, "1", "2", "3"), 'ETag: "v1"'))
    first = desk.look()
    assert [(article.body, article.extra["flags"][-1]) for article in first] == [
        ("Short.", "summary_only")
    ] * 3
    assert asked(other, "/art/") == 1
    assert [desk.look() for _ in range(5)] == [[]] * 5
    assert asked(other, "/art/") == 1
    for name in "123":
        other.answer(f"/art/{name}", ok(html(f"T {name}")))
    desk.now += 3601
    later = desk.look()
    assert [article.id for article in later] == [article.id for article in first]
    assert all(article.body.startswith(BODY[:90]) for article in later)
    assert desk.look() == []
    other.listener.close()


def test_a_page_that_fails_is_asked_for_three_times_and_its_summary_stays(wild: Wild) -> None:
    desk = feed(wild, "1")
    wild.answer("/art/1", b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    assert [len(desk.look()) for _ in range(6)] == [1, 0, 0, 0, 0, 0]
    assert asked(wild, "/art/1") == 3


def test_a_page_that_is_not_there_yet_is_asked_for_again_and_told(wild: Wild) -> None:
    desk = page(wild, "/art/1", "/art/2")
    wild.answer("/art/2", ok(html("Rates rise")))
    assert len(desk.look()) == 1
    assert [str(error) for error in desk.found.unread] == [f"{wild.url('/art/1')}: answered 404"]
    wild.answer("/art/1", ok(html("Rates fall")))
    assert [article.title for article in desk.look()] == ["Rates fall"]
    desk = page(wild, "/art/3")
    for _ in range(6):
        assert desk.look() == []
    assert asked(wild, "/art/3") == 3


# -- headers, long lists, summaries by wish


def test_headers_of_a_page_source_are_told_to_its_own_host_only(wild: Wild) -> None:
    other = Wild()
    other.answer("/robots.txt", ok(b""))
    other.answer("/art/1", ok(html("Elsewhere")))
    wild.answer("/art/2", ok(html("Here")))
    desk = page(wild, other.url("/art/1"), "/art/2", headers={"X-Api-Key": "secret"})
    assert {article.title for article in desk.look()} == {"Elsewhere", "Here"}
    assert not any("secret" in line for line in other.asked)
    assert sum("secret" in line for line in wild.asked) == 2
    other.listener.close()


def test_a_token_is_not_told_to_the_host_of_an_apis_next_page(
    wild: Wild, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Wild()
    other.answer("/robots.txt", ok(b""))
    other.answer("/next", ok(json.dumps({"items": [{"id": "2", "title": "Two"}]}).encode()))
    first = {"items": [{"id": "1", "title": "One"}], "next": other.url("/next")}
    wild.answer("/api", ok(json.dumps(first).encode()))
    monkeypatch.setenv("VENDOR", "secret")
    spec = ApiSpec(
        name="s", kind="api", url=wild.url("/api"), items="items", fields=ApiFields(id="id", title="title"),
        token_env="VENDOR", next_path="next", headers={"X-Api-Key": "secret"},
    )  # fmt: skip
    assert [article.title for article in Desk(Api(spec)).look()] == ["One", "Two"]
    assert not any("secret" in line for line in other.asked)
    assert wild.asked[-1].count("secret") == 2
    other.listener.close()


def test_a_list_longer_than_the_memory_is_read_once(wild: Wild, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.cursor.SEEN", 20)
    names = [f"/art/{number}" for number in range(50)]
    for name in [*names, "/art/new"]:
        wild.answer(name, ok(html(f"Rates {name}")))
    desk = page(wild, *names)
    assert [len(desk.look()) for _ in range(5)] == [20, 20, 10, 0, 0]
    wild.answer(
        "/list", ok("".join(f'<a href="{name}">x</a>' for name in ["/art/new", *names[:-1]]).encode())
    )
    assert [len(desk.look()) for _ in range(3)] == [1, 0, 0]
    assert asked(wild, "/art/") == 51
    assert len(desk.cursor.seen) <= 50


def test_no_pages_at_all_means_the_summary(wild: Wild) -> None:
    desk = feed(wild, "1", "2", max_pages=0)
    assert [article.body for article in desk.look()] == ["Short.", "Short."]
    assert not desk.found.more
    assert desk.look() == []
    assert asked(wild, "/art/") == 0


# -- an API of many pages


class Pages:
    """Three items a page, newest first; `paging` by number or by cursor."""

    def __init__(self, wild: Wild, number: int) -> None:
        self.wild, self.names = wild, [f"i{n}" for n in range(number, 0, -1)]
        self.put()

    def put(self) -> None:
        pages = [self.names[at : at + 3] for at in range(0, len(self.names), 3)]
        for number in range(1, len(pages) + 2):
            here = pages[number - 1] if number <= len(pages) else []
            data = {
                "items": [{"id": name, "title": name} for name in here],
                "next": number + 1 if here else None,
            }
            for query in (f"page={number}", f"cursor={number}"):
                self.wild.answer(f"/api?{query}", ok(json.dumps(data).encode()))
            if number == 1:
                self.wild.answer("/api", ok(json.dumps(data).encode()))

    def publish(self, *names: str) -> None:
        self.names[:0] = names
        self.put()


PAGING = [{"page_param": "page"}, {"next_path": "next", "next_param": "cursor"}]


def api(wild: Wild, **more: Any) -> Desk:
    fields = ApiFields(id="id", title="title")
    return Desk(
        Api(ApiSpec(name="s", kind="api", url=wild.url("/api"), items="items", fields=fields, **more))
    )


def titles(desk: Desk, most: int = 30) -> list[str]:
    """What comes until there is no more to fetch at once."""
    found: list[str] = []
    for _ in range(most):
        found += [article.title for article in desk.look()]
        if not desk.found.more:
            return found
    raise AssertionError("no end")


@pytest.mark.parametrize("paging", PAGING)
def test_pages_beyond_max_requests_come_with_the_next_looks(wild: Wild, paging: dict[str, str]) -> None:
    pages = Pages(wild, 90)
    desk = api(wild, **paging, max_requests=10)
    assert len(desk.look()) == 30
    assert desk.found.more
    assert len(titles(desk)) == 60
    wild.asked.clear()
    assert titles(desk) == []
    assert len(wild.asked) == 1, "once all is known, one page shows it"
    pages.publish("new")
    assert titles(desk) == ["new"]


@pytest.mark.parametrize("paging", PAGING)
def test_news_that_comes_while_old_pages_wait_is_first_and_loses_none(
    wild: Wild, paging: dict[str, str]
) -> None:
    pages = Pages(wild, 60)
    desk = api(wild, **paging, max_requests=4)
    found = [article.title for article in desk.look()]
    pages.publish(*(f"new{n}" for n in range(8)))  # moves what waits by two pages and a bit
    found += (later := [article.title for article in desk.look()])
    assert later[:8] == [f"new{n}" for n in range(8)]
    found += titles(desk)
    assert len(found) == len(set(found)) == 68


def test_a_page_that_fails_holds_up_neither_the_newest_nor_itself_for_good(wild: Wild) -> None:
    pages = Pages(wild, 30)
    desk = api(wild, page_param="page", max_requests=10)
    wild.answer("/api?page=3", b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    assert len(desk.look()) == 6
    assert not desk.found.more, "it is tried again at its time, not at once"
    pages.publish("new")
    wild.answer("/api?page=3", b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    assert [article.title for article in desk.look()] == ["new"]
    pages.put()
    assert len(titles(desk)) == 24


def test_a_cursor_that_is_taken_no_more_begins_again_and_skips_what_is_known(wild: Wild) -> None:
    pages = Pages(wild, 30)
    desk = api(wild, next_path="next", next_param="cursor", max_requests=4)
    assert len(desk.look()) == 12
    wild.answer("/api?cursor=5", b"HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n")
    assert desk.look() == []
    pages.put()
    assert len(titles(desk)) == 18
    for number in range(5, 12):
        wild.answer(f"/api?cursor={number}", b"HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n")
    desk = api(wild, next_path="next", next_param="cursor", max_requests=4)
    for _ in range(12):
        desk.look()
    wild.asked.clear()
    assert titles(desk) == []
    assert len(wild.asked) == 1, "what is refused for good is given up"


def test_newest_seen_passes_over_no_page_that_waits(wild: Wild) -> None:
    """`since_param` moves on with the newest item; pages left keep the time with which their walk began."""
    spec = {"page_param": "page", "since_param": "since", "max_requests": 1}
    old, new = "2023-11-01T10:00:00Z", "2023-11-02T10:00:00Z"

    def put(query: str, *names: str, at: str) -> None:
        data = {"items": [{"id": name, "title": name, "at": at} for name in names]}
        wild.answer(f"/api?{query}", ok(json.dumps(data).encode()))

    fields = ApiFields(id="id", title="title", published_at="at")
    desk = Desk(
        Api(ApiSpec(name="s", kind="api", url=wild.url("/api"), items="items", fields=fields, **spec))  # type: ignore[arg-type]
    )
    put("page=1", "b", at=new)
    put("page=2", "a", at=old)
    put("page=3", at=old)
    assert [article.title for article in desk.look()] == ["b"]
    put(f"since={new.replace(':', '%3A')}&page=1", at=new)
    assert titles(desk) == ["a"]


@pytest.mark.parametrize("key", ["id", "none"])
def test_an_api_that_always_gives_the_same_page_has_an_end(wild: Wild, key: str) -> None:
    page = ok(json.dumps({"items": [{key: "1", "title": "One"}]}).encode())
    for number in range(1, 30):
        wild.answer(f"/api?page={number}", page)
    desk = api(wild, page_param="page")
    assert titles(desk) == ["One"] * (1 if key == "id" else 2)
    assert asked(wild, "/api") == 2


# -- sitemaps


def sitemap(root: str, entry: str, *places: tuple[str, str]) -> bytes:
    entries = "".join(
        f"<{entry}><loc>{place}</loc>{f'<lastmod>{when}</lastmod>' if when else ''}</{entry}>"
        for place, when in places
    )
    return f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</{root}>'.encode()


def sited(wild: Wild, data: bytes, **more: Any) -> Desk:
    wild.answer("/sitemap.xml", ok(data, 'ETag: "v1"'))
    return Desk(Page(PageSpec(name="s", kind="page", url=wild.url("/sitemap.xml"), **more)))


def urlset(wild: Wild, *names: str) -> bytes:
    for name in names:
        wild.answer(f"/a/{name}", ok(html(f"Rates {name}")))
    return sitemap("urlset", "url", *((wild.url(f"/a/{name}"), "") for name in names))


def test_pages_of_a_sitemap_are_articles_whatever_their_addresses_look_like(wild: Wild) -> None:
    desk = sited(wild, urlset(wild, "1", "2"))
    assert [article.title for article in desk.look()] == ["Rates 1", "Rates 2"]


def test_the_sitemaps_of_an_index_are_followed_newest_first(wild: Wild) -> None:
    maps = [(wild.url(f"/map{n}.xml"), f"2024-03-{n + 1:02d}") for n in range(8)]
    for number in range(8):
        data = urlset(wild, str(number))
        packed = gzip.compress(data) if number % 2 else data
        wild.answer(f"/map{number}.xml", ok(packed))
    desk = sited(wild, sitemap("sitemapindex", "sitemap", *maps))
    assert [article.title for article in desk.look()] == [f"Rates {n}" for n in (7, 6, 5, 4, 3)]
    assert desk.found.notes == ["an index of 8 sitemaps: the newest 5 are followed"]
    desk.look()
    assert "if-none-match" in wild.asked[-6].lower()
    assert asked(wild, "/a/") == 5


def test_a_sitemap_that_cannot_be_read_costs_the_others_of_its_index_nothing(wild: Wild) -> None:
    wild.answer("/map2.xml", ok(urlset(wild, "2")))
    index = sitemap("sitemapindex", "sitemap", (wild.url("/map1.xml"), ""), (wild.url("/map2.xml"), ""))
    desk = sited(wild, index)
    assert [article.title for article in desk.look()] == ["Rates 2"]
    assert [str(error) for error in desk.found.unread] == [f"{wild.url('/map1.xml')}: answered 404"]
    wild.answer("/map1.xml", ok(urlset(wild, "1")))
    assert [article.title for article in desk.look()] == ["Rates 1"]
    wild.answer("/map1.xml", ok(index))
    wild.answer("/map2.xml", ok(index))
    with pytest.raises(Refused, match="no sitemap of pages"):
        desk.look()


# -- revisions


def test_a_corrected_page_comes_as_a_revision_and_one_as_it_was_not(wild: Wild) -> None:
    desk = page(wild, "/art/1", "/art/2")
    wild.answer("/list", ok(b'<a href="/art/1">x</a><a href="/art/2">x</a>', 'ETag: "v1"'))
    for name in "12":
        wild.answer(f"/art/{name}", ok(html(f"Rates {name}"), f'ETag: "{name}"'))
    first = {article.title: article.id for article in desk.look()}
    wild.answer("/list", b"HTTP/1.1 304 Not Modified\r\n\r\n")
    wild.answer("/art/1", ok(html("Rates 1, corrected")))
    wild.answer("/art/2", b"HTTP/1.1 304 Not Modified\r\n\r\n")
    assert desk.look() == []
    assert desk.found.unchanged
    assert asked(wild, "/art/") == 2
    desk.now_ms += HOUR
    assert [(article.title, article.id) for article in desk.look()] == [
        ("Rates 1, corrected", first["Rates 1"])
    ]
    assert 'if-none-match: "2"' in wild.asked[-1].lower()
    assert desk.look() == []
    desk.now_ms += 6 * HOUR
    wild.answer("/art/1", b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
    assert desk.look() == []
    desk.now_ms += 60 * HOUR
    assert desk.look() == []
    assert asked(wild, "/art/") == 6, "twice each, and never again"


def test_old_pages_are_read_once_and_new_ones_before_corrections(wild: Wild) -> None:
    desk = page(wild, "/art/1", max_pages=1)
    old = html("Rates 1").replace(
        b"<head>", b'<head><meta property="article:published_time" content="2020-01-01T10:00:00Z">'
    )
    wild.answer("/art/1", ok(old))
    desk.look()
    assert desk.cursor.source["rereads"] == []
    for name in "23":
        wild.answer(f"/art/{name}", ok(html(f"Rates {name}")))
    wild.answer("/list", ok(b'<a href="/art/2">x</a>'))
    desk.look()
    desk.now_ms += HOUR
    wild.answer("/list", ok(b'<a href="/art/3">x</a>'))
    assert [article.title for article in desk.look()] == ["Rates 3"]
    assert asked(wild, "/art/2") == 1
    desk.look()
    assert asked(wild, "/art/2") == 2


def test_a_source_may_do_without_revisions(wild: Wild) -> None:
    desk = page(wild, "/art/1", revisions=False)
    wild.answer("/art/1", ok(html("Rates 1")))
    desk.look()
    desk.now_ms += 10 * HOUR
    assert desk.look() == []
    assert asked(wild, "/art/1") == 1
