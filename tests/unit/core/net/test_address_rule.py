"""Which addresses a host name may lead to."""

from __future__ import annotations

import pytest

from core.errors import ConfigError, Refused
from core.net.address_rule import AddressRule


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
