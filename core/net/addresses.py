"""Which addresses belong to the public internet."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_INTERNAL = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments; at .192 one cloud keeps its metadata
        "192.88.99.0/24",  # relays of 6to4, given up
        "168.63.129.16/32",  # another cloud's agent, reached from each of its machines
        "fec0::/10",  # site-local, given up in name only
        "3fff::/20",  # documentation
    )
)
"""Networks that lead inside although Python's `is_global` lets them pass."""


def embedded(address: Address) -> Address | None:
    """Return the IPv4 address that an IPv6 address carries (mapped, 6to4, NAT64), or None.

    >>> embedded(ipaddress.ip_address("64:ff9b::7f00:1"))
    IPv4Address('127.0.0.1')
    """
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def is_public(address: Address) -> bool:
    """Return whether the address belongs to the public internet.

    Not public: private, loopback, link-local (where clouds keep their metadata), shared, multicast, reserved and
    unspecified addresses. An IPv6 address that carries an IPv4 address is judged by that one.

    >>> is_public(ipaddress.ip_address("1.1.1.1")), is_public(ipaddress.ip_address("168.63.129.16"))
    (True, False)
    """
    inner = embedded(address)
    if inner is not None:
        return is_public(inner)
    if address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    internal = any(address in network for network in _INTERNAL if network.version == address.version)
    return address.is_global and not internal
