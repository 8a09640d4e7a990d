"""A server that does everything wrong: each fault ends soon, with a clear word."""

from __future__ import annotations

import gzip
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator

import brotli
import pytest
import zstandard

from core.errors import Refused, Retryable
from ingest.sources.feed.parsing import parse_feed
from ingest.web.fetch import Unreachable
from tests.support.wild import FEED, Wild, fetcher, ok


def bomb(size: int) -> bytes:
    machine = zlib.compressobj(9, wbits=31)
    return b"".join(machine.compress(bytes(1 << 20)) for _ in range(size >> 20)) + machine.flush()


@pytest.fixture
def wild() -> Iterator[Wild]:
    server = Wild()
    yield server
    server.stopping.set()
    server.listener.close()


def test_server_that_hangs_is_left_in_time(wild: Wild) -> None:
    url = wild.does("/hang", lambda connection: wild.stopping.wait(30) and None)
    started = time.monotonic()
    with pytest.raises(Unreachable, match="no answer in time"):
        fetcher(timeout_s=1.0).get(url)
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("where", ["headers", "body"])
def test_server_that_drips_a_byte_at_a_time_is_left_in_time(wild: Wild, where: str) -> None:
    def drip(connection: socket.socket) -> None:
        if where == "body":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not wild.stopping.wait(0.2):
            connection.sendall(b"x")

    started = time.monotonic()
    with pytest.raises(Unreachable, match="no answer in time"):
        fetcher(timeout_s=1.5).get(wild.does("/drip", drip))
    assert time.monotonic() - started < 6


def test_server_that_closes_midway_gives_what_came(wild: Wild) -> None:
    answer = fetcher().get(wild.answer("/cut", ok(FEED[: len(FEED) // 2], length=len(FEED))))
    assert answer.cut
    assert 10 < len(parse_feed(answer.body)) < 50


def test_wrong_content_length_is_no_reason_to_lose_the_news(wild: Wild) -> None:
    answer = fetcher().get(wild.answer("/long", ok(FEED, length=len(FEED) + 1000)))
    assert len(parse_feed(answer.body)) == 50


def test_closing_before_anything_came_is_tried_again_later(wild: Wild) -> None:
    with pytest.raises(Retryable):
        fetcher().get(wild.does("/reset", lambda connection: None))


@pytest.mark.parametrize("declared", [True, False])
def test_two_gigabytes_are_not_read(wild: Wild, declared: bool) -> None:
    sent = [0]

    def flood(connection: socket.socket) -> None:
        size = b"Content-Length: 2147483648\r\n" if declared else b""
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + size + b"Connection: close\r\n\r\n")
        while not wild.stopping.is_set():
            sent[0] += connection.send(bytes(65536))

    with pytest.raises(Refused, match="bytes"):
        fetcher().get(wild.does("/flood", flood))
    time.sleep(0.2)
    assert sent[0] < 32 << 20


def test_headers_without_end_are_not_read(wild: Wild) -> None:
    def headers(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not wild.stopping.is_set():
            connection.sendall(b"X-Filler: " + b"a" * 1000 + b"\r\n")

    with pytest.raises((Refused, Retryable)):
        fetcher().get(wild.does("/headers", headers))


def test_endless_redirects_end(wild: Wild) -> None:
    for number in range(20):
        wild.answer(
            f"/{number}",
            f"HTTP/1.1 302 Found\r\nLocation: /{number + 1}\r\nContent-Length: 0\r\n\r\n".encode(),
        )
    with pytest.raises(Refused, match="more than 5 redirects"):
        fetcher().get(wild.url("/0"))
    assert len([line for line in wild.asked if "robots" not in line]) == 6


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://[::1]/",
        "file:///etc/passwd",
        "//0.0.0.0/",
    ],
)
def test_redirect_to_where_requests_may_not_go_is_refused(wild: Wild, target: str) -> None:
    wild.answer("/go", f"HTTP/1.1 301 Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
    with pytest.raises(Refused, match=r"public address|http or https"):
        fetcher(obey_robots=False).get(wild.url("/go"))


def test_a_token_for_one_host_is_not_told_to_another(wild: Wild) -> None:
    wild.answer(
        "/a",
        f"HTTP/1.1 302 Found\r\nLocation: http://localhost:{wild.port}/b\r\nContent-Length: 0\r\n\r\n".encode(),
    )
    wild.answer("/b", ok(b"there"))
    fetcher(allow_private=["127.0.0.1", "localhost"], obey_robots=False).get(
        wild.url("/a"), headers={"Authorization": "Bearer secret"}
    )
    assert "secret" in wild.asked[0]
    assert "secret" not in wild.asked[1]


@pytest.mark.parametrize("place", ["localhost:{own}", "127.0.0.1:{other}"])
def test_a_header_of_the_settings_stays_where_it_was_meant_for(wild: Wild, place: str) -> None:
    other = Wild()
    target = place.format(own=wild.port, other=other.port)
    go = f"HTTP/1.1 302 Found\r\nLocation: http://{target}/b\r\nContent-Length: 0\r\n\r\n"
    wild.answer("/a", go.encode())
    wild.answer("/b", ok(b"there"))
    other.answer("/b", ok(b"there"))
    own = {"X-Api-Key": "secret", "Cookie": "secret", "User-Agent": "secret"}
    answer = fetcher(allow_private=["127.0.0.1", "localhost"], obey_robots=False).get(
        wild.url("/a"), headers=own
    )
    other.listener.close()
    assert answer.body == b"there"
    asked = [*wild.asked, *other.asked]
    assert ["secret" in request for request in asked] == [True, False]
    assert "user-agent: Newsquake/test" in asked[1]


def test_a_header_of_the_settings_goes_along_on_its_own_host(wild: Wild) -> None:
    wild.answer("/a", b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
    wild.answer("/b", ok(b"there"))
    fetcher(obey_robots=False).get(wild.url("/a"), headers={"X-Api-Key": "secret"})
    assert all("secret" in request for request in wild.asked)


def test_the_time_limit_holds_for_all_redirects_together(wild: Wild) -> None:
    def slowly(target: str) -> Callable[[socket.socket], None]:
        def act(connection: socket.socket) -> None:
            wild.stopping.wait(0.7)
            go = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
            connection.sendall(go.encode())

        return act

    for number in range(5):
        wild.does(f"/{number}", slowly(f"/{number + 1}"))
    wild.answer("/5", ok(b"at last"))
    with pytest.raises(Unreachable, match="no answer in time"):
        fetcher(timeout_s=1.5, obey_robots=False).get(wild.url("/0"))


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", bomb(64 << 20)),
        ("gzip", gzip.compress(bomb(64 << 20))),
        ("br", brotli.compress(bytes(64 << 20))),
        ("zstd", zstandard.compress(bytes(64 << 20))),
        ("gzip, gzip", gzip.compress(bomb(64 << 20))),
        ("deflate", zlib.compress(bytes(64 << 20))),
    ],
)
def test_bombs_do_not_go_off(wild: Wild, encoding: str, body: bytes) -> None:
    url = wild.answer("/bomb", ok(body, f"Content-Encoding: {encoding}"))
    try:
        assert len(fetcher().get(url).body) <= 1 << 20
    except Refused as error:
        assert "unpacks to more than" in str(error)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "gzip, br"])
def test_honest_compression_is_undone(wild: Wild, encoding: str) -> None:
    body = FEED
    for name in encoding.split(", "):
        body = {
            "gzip": gzip.compress,
            "br": brotli.compress,
            "zstd": zstandard.compress,
            "deflate": zlib.compress,
        }[name](body)
    assert fetcher().get(wild.answer("/z", ok(body, f"Content-Encoding: {encoding}"))).body == FEED


def test_broken_gzip_is_refused_with_a_word(wild: Wild) -> None:
    broken = b"\x1f\x8b\x08\x00" + b"garbage" * 30
    with pytest.raises(Refused, match="broken gzip"):
        fetcher().get(wild.answer("/broken", ok(broken, "Content-Encoding: gzip")))


def test_cut_gzip_gives_what_it_held(wild: Wild) -> None:
    packed = gzip.compress(FEED)
    answer = fetcher().get(wild.answer("/cutzip", ok(packed[: len(packed) - 40], "Content-Encoding: gzip")))
    assert len(parse_feed(answer.body)) > 20


def test_error_page_with_status_200_is_no_feed(wild: Wild) -> None:
    page = b"<!DOCTYPE html><html><head><title>Oops</title></head><body>Service unavailable</body></html>"
    answer = fetcher().get(wild.answer("/oops", ok(page, "Content-Type: application/rss+xml")))
    with pytest.raises(Refused, match="an HTML page"):
        parse_feed(answer.body, answer.url, answer.content_type)


def test_invalid_xml_and_nul_bytes_lose_only_what_is_broken() -> None:
    broken = FEED.replace(b"<title>Item 7</title>", b"<title>Item \x00 7 & <b>more</title>").replace(
        b"Text of item 9", b"\xff\xfe\x00"
    )
    assert len(parse_feed(broken)) == 50


def test_one_bad_item_among_fifty_costs_one(wild: Wild) -> None:
    from ingest.items.build import build
    from ingest.items.item import SourceInfo

    bad = FEED.replace(b"<title>Item 3</title><description>Text of item 3</description>", b"<title></title>")
    records = [build(item, SourceInfo("s"), 1_700_000_000_000) for item in parse_feed(bad)]
    assert sum(type(record).__name__ == "Article" for record in records) == 49
    assert [str(record.reason) for record in records if hasattr(record, "reason")] == ["no_text"]


def test_xml_entities_are_not_expanded() -> None:
    end = b'<rss version="2.0"><channel><title>&b;</title></channel></rss>'
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + end
    with pytest.raises(Refused, match="entities"):
        parse_feed(laughs)
    outside = b'<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + end
    with pytest.raises(Refused, match="entities"):
        parse_feed(outside)


def test_a_body_that_is_a_file_name_is_not_opened() -> None:
    with pytest.raises(Refused, match="not a feed"):
        parse_feed(b"/etc/passwd")


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, Refused), (410, Refused), (403, Refused), (500, Unreachable), (503, Unreachable)],
)
def test_status_says_whether_to_come_back(wild: Wild, status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"answered {status}"):
        fetcher().get(wild.answer("/s", f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()))


def test_reset_connection_is_tried_again_later(wild: Wild) -> None:
    def reset(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with pytest.raises(Retryable):
        fetcher().get(wild.does("/rst", reset))
