"""When to try again, what HTTP answers mean, and where a webhook may go: tables."""

from __future__ import annotations

import ipaddress
import random
from email.utils import format_datetime

import pytest

from alerts.delivery import guard
from alerts.delivery.retry_schedule import (
    JITTER,
    WAITS_MS,
    HttpOutcome,
    http_outcome,
    next_try,
    retry_after_s,
)
from core.errors import ChannelUnavailable, ConfigError, Refused
from core.times import HOUR, from_ms
from tests.support.records import T0


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, HttpOutcome.SENT), (202, HttpOutcome.SENT), (204, HttpOutcome.SENT),
        (301, HttpOutcome.RETRY), (302, HttpOutcome.RETRY), (304, HttpOutcome.RETRY), (307, HttpOutcome.RETRY),
        (400, HttpOutcome.REFUSED), (401, HttpOutcome.REFUSED), (403, HttpOutcome.REFUSED), (404, HttpOutcome.REFUSED),
        (408, HttpOutcome.RETRY), (409, HttpOutcome.RETRY), (410, HttpOutcome.DISABLED), (413, HttpOutcome.REFUSED),
        (422, HttpOutcome.REFUSED), (425, HttpOutcome.RETRY), (429, HttpOutcome.THROTTLE),
        (500, HttpOutcome.RETRY), (501, HttpOutcome.RETRY), (502, HttpOutcome.THROTTLE), (503, HttpOutcome.THROTTLE),
        (504, HttpOutcome.THROTTLE), (599, HttpOutcome.RETRY), (101, HttpOutcome.RETRY),
    ],
)  # fmt: skip
def test_only_2xx_is_success_and_each_other_status_has_its_meaning(status: int, meaning: HttpOutcome) -> None:
    assert http_outcome(status) is meaning


def test_the_schedule_is_that_of_standard_webhooks_and_then_the_message_expires() -> None:
    assert [wait // 1000 for wait in WAITS_MS] == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert 75 * HOUR < sum(WAITS_MS) < 76 * HOUR
    rng = random.Random(3)
    for attempts, wait in enumerate(WAITS_MS, start=1):
        at = next_try(attempts, 1_000, None, rng)
        assert at is not None and wait * (1 - JITTER) <= at - 1_000 <= wait * (1 + JITTER)
    assert next_try(len(WAITS_MS) + 1, 1_000, None, rng) is None


def test_jitter_spreads_tries_that_failed_together() -> None:
    assert len({next_try(2, 0, None, random.Random(seed)) for seed in range(50)}) > 40


def test_a_wish_of_the_receiver_is_honoured_but_not_beyond_a_day() -> None:
    assert (next_try(1, 0, 3600, random.Random(1)) or 0) >= 3_600_000
    assert (next_try(1, 0, 10**9, random.Random(1)) or 0) <= 24 * HOUR


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("", None), ("120", 120.0), (" 7 ", 7.0), ("soon", None), ("-5", None),
        ("99999999999999999999", 86_400.0), (format_datetime(from_ms(T0 + 90_000), usegmt=True), 90.0),
        (format_datetime(from_ms(T0 - 90_000), usegmt=True), 0.0),
    ],
)  # fmt: skip
def test_retry_after_may_be_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, T0) == seconds


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "2002:7f00:1::", "198.18.0.1", "192.0.2.1", "192.0.0.192", "168.63.129.16", "fec0::1",
    ],
)  # fmt: skip
def test_no_webhook_goes_inside(address: str) -> None:
    assert not guard.is_public(ipaddress.ip_address(address))
    with pytest.raises(Refused, match="private address"):
        guard.target("https://hook.example/x", (), lambda host, port: [address])


def test_a_name_with_one_public_and_one_private_address_is_refused() -> None:
    with pytest.raises(Refused):
        guard.target("https://hook.example/", (), lambda host, port: ["93.184.215.14", "10.0.0.1"])


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    place = guard.target("https://hook.example/a?b=c", (), lambda host, port: next(answers))
    assert place.url == "https://93.184.215.14:443/a?b=c"
    assert place.host_header == "hook.example"


@pytest.mark.parametrize("allow", [["hook.example"], ["127.0.0.0/8"], ["127.0.0.1"]])
def test_hosts_and_networks_inside_can_be_allowed(allow: list[str]) -> None:
    place = guard.target("http://hook.example:9000/", allow, lambda host, port: ["127.0.0.1"])
    assert place.url == "http://127.0.0.1:9000/" and place.host_header == "hook.example:9000"


def test_allowing_one_network_does_not_allow_another() -> None:
    with pytest.raises(Refused):
        guard.target("http://hook.example/", ["10.0.0.0/8"], lambda host, port: ["127.0.0.1"])


def test_a_name_that_does_not_resolve_is_tried_again() -> None:
    def look_up(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(ChannelUnavailable, match=r"hook\.example: cannot be resolved"):
        guard.target("http://hook.example/", (), look_up)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://x/",
        "http://",
        "https://user:password@host/",
        "http://host:port/",
        "//host",
        "",
    ],
)
def test_only_plain_http_urls_are_webhooks(url: str) -> None:
    with pytest.raises(ConfigError):
        guard.check_url(url)
