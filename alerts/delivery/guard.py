"""Where a webhook may go: public addresses only, and to the very address that was checked.

A name is resolved once; every address it has must be allowed, and the connection is made to one of them, not to the
name again, so that a second answer of the name server cannot lead inside (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.errors import ChannelUnavailable, ConfigError, Refused
from core.net.addresses import Address, leads_inside

Resolve = Callable[[str, int], Sequence[str]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """A checked place: connect to `address`, speak as if to `host`."""

    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def url(self) -> str:
        """The URL by address."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"


def resolve(host: str, port: int) -> list[str]:
    """The name's addresses. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(entry[4][0]) for entry in found}, key=lambda text: (":" in text, text))


def check_url(url: str) -> tuple[str, str, int, str]:
    """(scheme, host, port, path with query). Raises ConfigError for what is no plain http(s) URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError as error:
        raise ConfigError(f"webhook url: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("webhook url: expected https://HOST/PATH")
    if parts.username or parts.password:
        raise ConfigError(
            "webhook url: a user name or password in the URL would end up in logs; use the secret"
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port, path


def target(url: str, allow: Sequence[str] = (), look_up: Resolve = resolve) -> Target:
    """The checked target of `url`. `allow`: hosts or networks that may be private.

    Raises Refused where an address is not allowed, ChannelUnavailable where the name does not resolve.
    """
    scheme, host, port, path = check_url(url)
    try:
        addresses = look_up(host, port)
    except (OSError, UnicodeError) as error:
        raise ChannelUnavailable(f"{host}: cannot be resolved ({error})") from error
    if not addresses:
        raise ChannelUnavailable(f"{host}: has no address")
    if host not in allow:
        networks = [network for entry in allow if (network := _network(entry)) is not None]
        for text in addresses:
            address = ipaddress.ip_address(text.partition("%")[0])
            if not is_public(address) and not any(_within(address, network) for network in networks):
                raise Refused(
                    f"{host} is the private address {text}: not sent "
                    "(webhooks.allow_private_addresses names hosts and networks that may be)"
                )
    return Target(scheme, host, port, path, addresses[0])


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _within(address: Address, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    plain = _plain(address)
    return plain.version == network.version and plain in network


def _plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that only carries it."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether it is an address of the open internet."""
    plain = _plain(address)
    strange = plain.is_multicast or plain.is_unspecified or leads_inside(plain)
    return plain.is_global and not strange
