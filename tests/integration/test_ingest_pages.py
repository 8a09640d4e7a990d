"""Linked pages over a real server: what says no or wants to be left alone is not lost, and a long list is read once."""

from __future__ import annotations

import pytest

from core.errors import Retryable
from tests.support.polls import BODY, BUSY, asked, feed, html, page, rss
from tests.support.wild import Wild, ok


def test_a_server_that_wants_to_be_left_alone_is_not_asked_for_page_after_page(wild: Wild) -> None:
    desk = page(wild, *(f"/art/{number}" for number in range(8)))
    for number in range(8):
        wild.answer(f"/art/{number}", BUSY)
    assert desk.poll() == []
    assert (asked(wild, "/art/"), len(desk.found.left), desk.found.more) == (1, 8, False)
    with pytest.raises(Retryable) as caught:
        desk.poll()  # the list is on the same server; the breaker waits as long as it asks
    assert caught.value.after_s == pytest.approx(3600, abs=1)
    for number in range(8):
        wild.answer(f"/art/{number}", ok(html(f"Rates rise {number}")))
    desk.now += 3601
    assert len(desk.poll()) == 8


def test_summaries_come_at_once_and_their_pages_as_revisions_later(wild: Wild) -> None:
    other = Wild()
    other.answer("/robots.txt", ok(b""))
    for name in "123":
        other.answer(f"/art/{name}", BUSY)
    desk = feed(wild)
    wild.answer("/feed", ok(rss(other, "1", "2", "3"), 'ETag: "v1"'))
    first = desk.poll()
    assert [(article.body, article.extra["flags"][-1]) for article in first] == [
        ("Short.", "summary_only")
    ] * 3
    assert asked(other, "/art/") == 1
    assert [desk.poll() for _ in range(5)] == [[]] * 5
    assert asked(other, "/art/") == 1
    for name in "123":
        other.answer(f"/art/{name}", ok(html(f"T {name}")))
    desk.now += 3601
    later = desk.poll()
    assert [article.id for article in later] == [article.id for article in first]
    assert all(article.body.startswith(BODY[:90]) for article in later)
    assert desk.poll() == []
    other.listener.close()


def test_a_page_that_fails_is_asked_for_three_times_and_its_summary_stays(wild: Wild) -> None:
    desk = feed(wild, "1")
    wild.answer("/art/1", b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    assert [len(desk.poll()) for _ in range(6)] == [1, 0, 0, 0, 0, 0]
    assert asked(wild, "/art/1") == 3


def test_a_page_that_is_not_there_yet_is_asked_for_again_and_told(wild: Wild) -> None:
    desk = page(wild, "/art/1", "/art/2")
    wild.answer("/art/2", ok(html("Rates rise")))
    assert len(desk.poll()) == 1
    assert [str(error) for error in desk.found.unread] == [f"{wild.url('/art/1')}: answered 404"]
    wild.answer("/art/1", ok(html("Rates fall")))
    assert [article.title for article in desk.poll()] == ["Rates fall"]
    desk = page(wild, "/art/3")
    for _ in range(6):
        assert desk.poll() == []
    assert asked(wild, "/art/3") == 3


def test_a_list_longer_than_the_memory_is_read_once(wild: Wild, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.live.cursor.SEEN", 20)
    names = [f"/art/{number}" for number in range(50)]
    for name in [*names, "/art/new"]:
        wild.answer(name, ok(html(f"Rates {name}")))
    desk = page(wild, *names)
    assert [len(desk.poll()) for _ in range(5)] == [20, 20, 10, 0, 0]
    wild.answer(
        "/list", ok("".join(f'<a href="{name}">x</a>' for name in ["/art/new", *names[:-1]]).encode())
    )
    assert [len(desk.poll()) for _ in range(3)] == [1, 0, 0]
    assert asked(wild, "/art/") == 51
    assert len(desk.cursor.seen) <= 50


def test_no_pages_at_all_means_the_summary(wild: Wild) -> None:
    desk = feed(wild, "1", "2", max_pages=0)
    assert [article.body for article in desk.poll()] == ["Short.", "Short."]
    assert not desk.found.more
    assert desk.poll() == []
    assert asked(wild, "/art/") == 0
