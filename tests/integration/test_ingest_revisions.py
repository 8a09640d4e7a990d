"""Pages that are read again: corrections come as revisions."""

from __future__ import annotations

from core.times import HOUR
from tests.support.polls import asked, html, page
from tests.support.wild import Wild, ok


def test_a_corrected_page_comes_as_a_revision_and_one_as_it_was_not(wild: Wild) -> None:
    desk = page(wild, "/art/1", "/art/2")
    wild.answer("/list", ok(b'<a href="/art/1">x</a><a href="/art/2">x</a>', 'ETag: "v1"'))
    for name in "12":
        wild.answer(f"/art/{name}", ok(html(f"Rates {name}"), f'ETag: "{name}"'))
    first = {article.title: article.id for article in desk.poll()}
    wild.answer("/list", b"HTTP/1.1 304 Not Modified\r\n\r\n")
    wild.answer("/art/1", ok(html("Rates 1, corrected")))
    wild.answer("/art/2", b"HTTP/1.1 304 Not Modified\r\n\r\n")
    assert desk.poll() == []
    assert desk.found.unchanged
    assert asked(wild, "/art/") == 2
    desk.now_ms += HOUR
    assert [(article.title, article.id) for article in desk.poll()] == [
        ("Rates 1, corrected", first["Rates 1"])
    ]
    assert 'if-none-match: "2"' in wild.asked[-1].lower()
    assert desk.poll() == []
    desk.now_ms += 6 * HOUR
    wild.answer("/art/1", b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
    assert desk.poll() == []
    desk.now_ms += 60 * HOUR
    assert desk.poll() == []
    assert asked(wild, "/art/") == 6, "twice each, and never again"


def test_old_pages_are_read_once_and_new_ones_before_corrections(wild: Wild) -> None:
    desk = page(wild, "/art/1", max_pages=1)
    old = html("Rates 1").replace(
        b"<head>", b'<head><meta property="article:published_time" content="2020-01-01T10:00:00Z">'
    )
    wild.answer("/art/1", ok(old))
    desk.poll()
    assert desk.cursor.source["rereads"] == []
    for name in "23":
        wild.answer(f"/art/{name}", ok(html(f"Rates {name}")))
    wild.answer("/list", ok(b'<a href="/art/2">x</a>'))
    desk.poll()
    desk.now_ms += HOUR
    wild.answer("/list", ok(b'<a href="/art/3">x</a>'))
    assert [article.title for article in desk.poll()] == ["Rates 3"]
    assert asked(wild, "/art/2") == 1
    desk.poll()
    assert asked(wild, "/art/2") == 2


def test_a_source_may_do_without_revisions(wild: Wild) -> None:
    desk = page(wild, "/art/1", revisions=False)
    wild.answer("/art/1", ok(html("Rates 1")))
    desk.poll()
    desk.now_ms += 10 * HOUR
    assert desk.poll() == []
    assert asked(wild, "/art/1") == 1
