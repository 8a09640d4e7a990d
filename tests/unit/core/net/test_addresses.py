"""Which addresses are public, also in their IPv6 forms."""

from __future__ import annotations

import ipaddress

import pytest

from core.errors import ConfigError, Refused
from core.net.address_rule import AddressRule
from core.net.addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "198.18.0.1", "192.0.2.1", "192.0.0.192",
        "168.63.129.16", "::ffff:168.63.129.16", "fec0::1", "3fff::1",
    ],
)  # fmt: skip
def test_internal_addresses_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("allowed", [["inside.example"], ["INSIDE.example"], ["10.0.0.0/8"], ["10.1.2.3"]])
def test_what_the_setting_names_may_be_reached(allowed: list[str]) -> None:
    assert AddressRule(allowed, "x.allow", lambda host, port: ["10.1.2.3"]).pick("inside.example", 80) == [
        "10.1.2.3"
    ]


def test_a_carried_address_is_allowed_by_the_network_that_it_belongs_to() -> None:
    rule = AddressRule(["10.0.0.0/8"], "x.allow", lambda host, port: ["::ffff:10.1.2.3"])
    assert rule.pick("inside.example", 80)


def test_the_refusal_names_the_setting() -> None:
    with pytest.raises(
        Refused, match=r"h is 10\.0\.0\.1, which is no public address \(x\.allow lets it through\)"
    ):
        AddressRule((), "x.allow", lambda host, port: ["1.1.1.1", "10.0.0.1"]).pick("h", 80)


def test_a_name_without_an_address_is_an_os_error() -> None:
    with pytest.raises(OSError, match="h: no address"):
        AddressRule((), "x.allow", lambda host, port: []).pick("h", 80)


def test_an_entry_that_is_neither_host_nor_network_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"x\.allow: '10\.0\.0\.0/99': expected a host, address or network"):
        AddressRule(["10.0.0.0/99"], "x.allow")
