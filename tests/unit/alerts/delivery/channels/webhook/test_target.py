"""A webhook goes to the checked address of its URL, and nowhere inside."""

from __future__ import annotations

import pytest

from alerts.delivery.channels.webhook.target import check_url, target
from core.errors import ChannelUnavailable, ConfigError, Refused


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "2002:7f00:1::", "198.18.0.1", "192.0.2.1", "192.0.0.192", "168.63.129.16", "fec0::1",
    ],
)  # fmt: skip
def test_no_webhook_goes_inside(address: str) -> None:
    with pytest.raises(Refused, match="no public address"):
        target("https://hook.example/x", (), lambda host, port: [address])


def test_a_name_with_one_public_and_one_private_address_is_refused() -> None:
    with pytest.raises(Refused):
        target("https://hook.example/", (), lambda host, port: ["93.184.215.14", "10.0.0.1"])


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    place = target("https://hook.example/a?b=c", (), lambda host, port: next(answers))
    assert place.url == "https://93.184.215.14:443/a?b=c"
    assert place.host_header == "hook.example"


@pytest.mark.parametrize("allow", [["hook.example"], ["127.0.0.0/8"], ["127.0.0.1"]])
def test_hosts_and_networks_inside_can_be_allowed(allow: list[str]) -> None:
    place = target("http://hook.example:9000/", allow, lambda host, port: ["127.0.0.1"])
    assert place.url == "http://127.0.0.1:9000/" and place.host_header == "hook.example:9000"


def test_allowing_one_network_does_not_allow_another() -> None:
    with pytest.raises(Refused):
        target("http://hook.example/", ["10.0.0.0/8"], lambda host, port: ["127.0.0.1"])


def test_a_name_that_does_not_resolve_is_tried_again() -> None:
    def look_up(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(ChannelUnavailable, match=r"hook\.example: cannot be resolved"):
        target("http://hook.example/", (), look_up)


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
        check_url(url)
