"""A server that does everything wrong: each fault ends soon, with a clear word."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator

import brotli
import pytest
import zstandard

from core.errors import Refused, Retryable
from ingest.fetch import Fetcher, Unreachable
from ingest.guard import AddressRule
from ingest.sources.feed import parse_feed

FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>'
    + b"".join(
        b"<item><guid>%d</guid><title>Item %d</title><description>Text of item %d</description></item>"
        % (n, n, n)
        for n in range(50)
    )
    + b"</channel></rss>"
)


def ok(body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [
        "HTTP/1.1 200 OK",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def bomb(size: int) -> bytes:
    machine = zlib.compressobj(9, wbits=31)
    return b"".join(machine.compress(bytes(1 << 20)) for _ in range(size >> 20)) + machine.flush()


class Wild:
    """A server on a raw socket: each path has a function that gets the connection."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.paths: dict[str, Callable[[socket.socket], None]] = {}
        self.asked: list[str] = []
        self.stopping = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, path: str, data: bytes) -> str:
        self.paths[path] = lambda connection: connection.sendall(data)
        return self.url(path)

    def does(self, path: str, act: Callable[[socket.socket], None]) -> str:
        self.paths[path] = act
        return self.url(path)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        try:
            request = b""
            while b"\r\n\r\n" not in request:
                if not (chunk := connection.recv(65536)):
                    return
                request += chunk
            path = request.split(b" ", 2)[1].decode()
            self.asked.append(request.decode("latin-1"))
            act = self.paths.get(path)
            if act is None:
                connection.sendall(
                    b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            else:
                act(connection)
        except OSError:
            pass
        finally:
            connection.close()


@pytest.fixture
def wild() -> Iterator[Wild]:
    server = Wild()
    yield server
    server.stopping.set()
    server.listener.close()


def fetcher(**options: object) -> Fetcher:
    settings: dict[str, object] = {
        "user_agent": "Newsquake/test", "allow_private": ["127.0.0.1"], "host_delay_s": 0.0, "timeout_s": 2.0,
        "max_bytes": 1 << 20,
    }  # fmt: skip
    return Fetcher(**{**settings, **options})  # type: ignore[arg-type]


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
    from ingest.items import About, build

    bad = FEED.replace(b"<title>Item 3</title><description>Text of item 3</description>", b"<title></title>")
    records = [build(item, About("s"), 1_700_000_000_000) for item in parse_feed(bad)]
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


def test_retry_after_is_honoured(wild: Wild) -> None:
    wild.answer("/busy", b"HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(Unreachable) as caught:
        fetcher().get(wild.url("/busy"))
    assert caught.value.after_s == 120


def test_robots_are_obeyed_and_asked_once(wild: Wild) -> None:
    wild.answer(
        "/robots.txt", ok(b"User-agent: *\nDisallow: /private*/x\nUser-agent: Newsquake\nDisallow: /no$\n")
    )
    wild.answer("/yes", ok(b"y"))
    wild.answer("/no", ok(b"n"))
    one = fetcher()
    assert one.get(wild.url("/yes")).body == b"y"
    with pytest.raises(Refused, match=r"robots\.txt"):
        one.get(wild.url("/no"))
    assert sum("robots.txt" in line for line in wild.asked) == 1
    assert not any(line.startswith("GET /no ") for line in wild.asked)
    assert all("user-agent: Newsquake/test" in line for line in wild.asked)


def test_robots_are_asked_once_by_several_looks_at_a_time(wild: Wild) -> None:
    def slow(connection: socket.socket) -> None:
        time.sleep(0.2)
        connection.sendall(ok(b"User-agent: *\nDisallow: /no\n"))

    wild.does("/robots.txt", slow)
    wild.answer("/x", ok(b"x"))
    one = fetcher()
    looks = [threading.Thread(target=one.get, args=(wild.url("/x"),)) for _ in range(8)]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    assert sum("robots.txt" in line for line in wild.asked) == 1
    assert sum(line.startswith("GET /x ") for line in wild.asked) == 8


def test_robots_that_cannot_be_read_hold_the_fetch_back(wild: Wild) -> None:
    wild.answer("/robots.txt", b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(Retryable, match="robots"):
        fetcher().get(wild.answer("/x", ok(b"x")))


def test_nothing_new_costs_nothing(wild: Wild) -> None:
    def conditional(connection: socket.socket) -> None:
        if 'if-none-match: "v1"' in wild.asked[-1]:
            connection.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n")
        else:
            connection.sendall(ok(FEED, 'ETag: "v1"', "Last-Modified: Mon, 19 Oct 1987 16:30:00 GMT"))

    url = wild.does("/feed", conditional)
    one = fetcher()
    first = one.get(url)
    second = one.get(url, validators=first.validators)
    assert (first.status, second.status, second.body) == (200, 304, b"")
    assert "if-modified-since: Mon, 19 Oct 1987 16:30:00 GMT" in wild.asked[-1]


def test_requests_to_one_host_keep_their_distance(wild: Wild) -> None:
    waits: list[float] = []
    one = fetcher(host_delay_s=5.0, sleep=waits.append, obey_robots=False)
    wild.answer("/x", ok(b"x"))
    one.get(wild.url("/x"))
    one.get(wild.url("/x"))
    assert len(waits) == 1
    assert 4 < waits[0] <= 5


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "240.0.0.1", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::"],
)  # fmt: skip
def test_no_address_that_is_not_public_is_reached(address: str) -> None:
    rule = AddressRule((), resolver=lambda host, port: [address])
    with pytest.raises(Refused, match="no public address"):
        rule.pick("innocent.example", 80)


def test_every_address_of_a_name_must_be_public() -> None:
    rule = AddressRule((), resolver=lambda host, port: ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(Refused):
        rule.pick("rebinding.example", 80)


def test_the_connection_goes_to_the_address_that_was_checked(wild: Wild) -> None:
    """A name that turns private between check and connection gains nothing: it is asked once."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked) - 1, 1)]

    one = fetcher(rule=AddressRule((), resolver=resolver), timeout_s=0.5, obey_robots=False)
    with pytest.raises(Retryable):
        one.get(f"http://rebind.example:{wild.port}/")
    assert asked == ["rebind.example"]
    assert wild.asked == []


def test_private_network_may_be_allowed(wild: Wild) -> None:
    wild.answer("/x", ok(b"inside"))
    assert fetcher(allow_private=["127.0.0.0/8"]).get(wild.url("/x")).body == b"inside"


def test_reset_connection_is_tried_again_later(wild: Wild) -> None:
    def reset(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with pytest.raises(Retryable):
        fetcher().get(wild.does("/rst", reset))
