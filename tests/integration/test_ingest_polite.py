"""Politeness and where requests may go: robots.txt, Retry-After, distance, conditional requests, public addresses."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from core.errors import Refused, Retryable
from core.net.address_rule import AddressRule
from ingest.web.fetch import ALLOW_SETTING, Unreachable
from tests.support.wild import FEED, Wild, fetcher, ok


@pytest.fixture
def wild() -> Iterator[Wild]:
    server = Wild()
    yield server
    server.stopping.set()
    server.listener.close()


def test_retry_after_is_honoured(wild: Wild) -> None:
    wild.answer("/busy", b"HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(Unreachable) as caught:
        fetcher().get(wild.url("/busy"))
    assert caught.value.after_s == 120


@pytest.mark.parametrize(("header", "wait_s"), [("Retry-After: 3600\r\n", 3600), ("", 60)])
def test_a_server_that_wants_to_be_left_alone_is_asked_nothing_until_then(
    wild: Wild, header: str, wait_s: float
) -> None:
    now = [1000.0]
    wild.answer("/busy", f"HTTP/1.1 429 Slow\r\n{header}Content-Length: 0\r\n\r\n".encode())
    wild.answer("/other", ok(b"x"))
    one = fetcher(now_s=lambda: now[0], obey_robots=False)
    with pytest.raises(Unreachable):
        one.get(wild.url("/busy"))
    now[0] += wait_s - 1
    with pytest.raises(Unreachable, match="left alone") as caught:
        one.get(wild.url("/other"))
    assert (len(wild.asked), caught.value.after_s) == (1, 1.0)
    now[0] += 1
    assert one.get(wild.url("/other")).body == b"x"


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
    for poll in looks:
        poll.start()
    for poll in looks:
        poll.join()
    assert sum("robots.txt" in line for line in wild.asked) == 1
    assert sum(line.startswith("GET /x ") for line in wild.asked) == 8


@pytest.mark.parametrize("packed", [False, True])
def test_robots_too_long_to_be_read_count_as_far_as_they_were_read(wild: Wild, packed: bool) -> None:
    text = b"User-agent: *\nDisallow: /no\n" + b"# nothing of note\n" * 40_000
    wild.answer("/robots.txt", ok(gzip.compress(text), "Content-Encoding: gzip") if packed else ok(text))
    wild.answer("/yes", ok(b"y"))
    one = fetcher()
    assert one.get(wild.url("/yes")).body == b"y"
    with pytest.raises(Refused, match=r"robots\.txt forbids"):
        one.get(wild.url("/no"))


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
     "240.0.0.1", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::",
     "192.0.0.192", "168.63.129.16", "::ffff:168.63.129.16", "fec0::1", "3fff::1"],
)  # fmt: skip
def test_no_address_that_is_not_public_is_reached(address: str) -> None:
    rule = AddressRule((), ALLOW_SETTING, lambda host, port: [address])
    with pytest.raises(Refused, match="no public address"):
        rule.pick("innocent.example", 80)


def test_every_address_of_a_name_must_be_public() -> None:
    rule = AddressRule((), ALLOW_SETTING, lambda host, port: ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(Refused):
        rule.pick("rebinding.example", 80)


def test_the_connection_goes_to_the_address_that_was_checked(wild: Wild) -> None:
    """A name that turns private between check and connection gains nothing: it is asked once."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked) - 1, 1)]

    one = fetcher(rule=AddressRule((), ALLOW_SETTING, resolver), timeout_s=0.5, obey_robots=False)
    with pytest.raises(Retryable):
        one.get(f"http://rebind.example:{wild.port}/")
    assert asked == ["rebind.example"]
    assert wild.asked == []


def test_private_network_may_be_allowed(wild: Wild) -> None:
    wild.answer("/x", ok(b"inside"))
    assert fetcher(allow_private=["127.0.0.0/8"]).get(wild.url("/x")).body == b"inside"
