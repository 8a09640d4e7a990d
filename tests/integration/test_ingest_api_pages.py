"""An API of many pages: none is lost, the newest come first, and there is an end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.sources.api.settings import JsonApiSettings
from ingest.sources.api.source import JsonApiSource
from ingest.sources.field_paths import FieldPaths
from tests.support.polls import Desk, asked
from tests.support.wild import Wild, ok


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
    fields = FieldPaths(id="id", title="title")
    return Desk(
        JsonApiSource(
            JsonApiSettings(name="s", kind="api", url=wild.url("/api"), items="items", fields=fields, **more)
        )
    )


def titles(desk: Desk, most: int = 30) -> list[str]:
    """What comes until there is no more to fetch at once."""
    found: list[str] = []
    for _ in range(most):
        found += [article.title for article in desk.poll()]
        if not desk.found.more:
            return found
    raise AssertionError("no end")


@pytest.mark.parametrize("paging", PAGING)
def test_pages_beyond_max_requests_come_with_the_next_looks(wild: Wild, paging: dict[str, str]) -> None:
    pages = Pages(wild, 90)
    desk = api(wild, **paging, max_requests=10)
    assert len(desk.poll()) == 30
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
    found = [article.title for article in desk.poll()]
    pages.publish(*(f"new{n}" for n in range(8)))  # moves what waits by two pages and a bit
    found += (later := [article.title for article in desk.poll()])
    assert later[:8] == [f"new{n}" for n in range(8)]
    found += titles(desk)
    assert len(found) == len(set(found)) == 68


def test_a_page_that_fails_holds_up_neither_the_newest_nor_itself_for_good(wild: Wild) -> None:
    pages = Pages(wild, 30)
    desk = api(wild, page_param="page", max_requests=10)
    wild.answer("/api?page=3", b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    assert len(desk.poll()) == 6
    assert not desk.found.more, "it is tried again at its time, not at once"
    pages.publish("new")
    wild.answer("/api?page=3", b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    assert [article.title for article in desk.poll()] == ["new"]
    pages.put()
    assert len(titles(desk)) == 24


def test_a_cursor_that_is_taken_no_more_begins_again_and_skips_what_is_known(wild: Wild) -> None:
    pages = Pages(wild, 30)
    desk = api(wild, next_path="next", next_param="cursor", max_requests=4)
    assert len(desk.poll()) == 12
    wild.answer("/api?cursor=5", b"HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n")
    assert desk.poll() == []
    pages.put()
    assert len(titles(desk)) == 18
    for number in range(5, 12):
        wild.answer(f"/api?cursor={number}", b"HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n")
    desk = api(wild, next_path="next", next_param="cursor", max_requests=4)
    for _ in range(12):
        desk.poll()
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

    fields = FieldPaths(id="id", title="title", published_at="at")
    desk = Desk(
        JsonApiSource(
            JsonApiSettings(name="s", kind="api", url=wild.url("/api"), items="items", fields=fields, **spec)
        )  # type: ignore[arg-type]
    )
    put("page=1", "b", at=new)
    put("page=2", "a", at=old)
    put("page=3", at=old)
    assert [article.title for article in desk.poll()] == ["b"]
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
