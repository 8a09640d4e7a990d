"""Addresses that lead inside a network although Python's `is_global` lets them pass; both guards refuse them."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments; at .192 one cloud keeps its metadata
        "192.88.99.0/24",  # relays of 6to4, given up
        "168.63.129.16/32",  # another cloud's agent, reached from each of its machines
        "fec0::/10",  # site-local, given up in name only
        "3fff::/20",  # documentation
    )
)


def leads_inside(address: Address) -> bool:
    """Whether `address` belongs to one of those networks.

    >>> leads_inside(ipaddress.ip_address("168.63.129.16")), leads_inside(ipaddress.ip_address("1.1.1.1"))
    (True, False)
    """
    return any(address in network for network in _INSIDE if network.version == address.version)
