"""Where requests may go: public addresses only, and to the very address that was checked.

Names are resolved here and the connection is made to a checked address, so a name that answers differently the
second time (DNS rebinding) gains nothing; redirects open connections too and are checked the same way. Each
connection also carries the request's deadline and its limit of bytes on the wire: a server that hangs, drips a byte
a second or sends without end is cut off wherever it does so, headers included.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore

from core.errors import AccessDenied, ConfigError, Refused
from core.net.addresses import Address, leads_inside

Resolve = Callable[[str, int], Sequence[str]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name. Raises OSError."""
    return list(
        dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    )


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public internet: not private, loopback, link-local (where clouds keep their
    metadata), shared, multicast, reserved or unspecified, also not by way of an IPv6 form of such an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not is_public(inner):
            return False
    strange = address.is_multicast or address.is_reserved or leads_inside(address)
    return address.is_global and not strange


class AddressRule:
    """The check, with an allow-list for tests and intranets: host names, addresses or networks."""

    def __init__(self, allowed: Iterable[str] = (), resolver: Resolve = resolve) -> None:
        self._resolve = resolver
        self._hosts: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for entry in allowed:
            try:
                self._networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                if "/" in entry or not entry.strip():
                    raise ConfigError(
                        f"ingest.allow_private_addresses: {entry!r}: expected a host, address or network"
                    ) from None
                self._hosts.add(entry.strip().lower())

    def pick(self, host: str, port: int) -> list[str]:
        """The host's addresses, if every one of them may be reached. Raises Refused, or OSError for an unknown name."""
        found = self._resolve(host, port)
        if not found:
            raise OSError(f"{host}: no address")
        if host.lower().rstrip(".") in self._hosts:
            return list(found)
        for text in found:
            address = ipaddress.ip_address(text.partition("%")[0])
            if not is_public(address) and not any(address in network for network in self._networks):
                named = f"{host} is {address}, which" if host != text else f"{host}"
                raise AccessDenied(
                    f"{named} is no public address (ingest.allow_private_addresses lets it through)"
                )
        return list(found)


@dataclass
class Allowance:
    """What one request may still use, shared by all its connections."""

    deadline: float
    bytes_left: int

    def time_left(self, wanted: float | None) -> float:
        """Seconds that an operation may take. Raises httpcore.ReadTimeout once the deadline has passed."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time limit of the whole request has passed")
        return left if wanted is None else min(left, wanted)


class TooMuch(httpcore.ReadError):
    """More bytes came than one request may bring."""


_current = threading.local()


def begin(allowance: Allowance) -> None:
    """From here on this thread's connections use `allowance`."""
    _current.allowance = allowance


def _allowance() -> Allowance:
    found: Allowance | None = getattr(_current, "allowance", None)
    return found or Allowance(time.monotonic() + 30, 16 << 20)


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections for httpcore to checked addresses only."""

    def __init__(self, rule: AddressRule) -> None:
        self._rule, self._inner = rule, httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        allowance = _allowance()
        try:
            addresses = self._rule.pick(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"{host}: {error.strerror or error}") from error
        failure: Exception | None = None
        for address in addresses[:4]:
            try:
                stream = self._inner.connect_tcp(
                    address, port, allowance.time_left(timeout), local_address, socket_options
                )
                return GuardedStream(stream, allowance)
            except httpcore.ConnectError as error:
                failure = error
        assert failure is not None
        raise failure

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise Refused("unix sockets are no source of news")

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class GuardedStream(httpcore.NetworkStream):
    """A connection that counts bytes and watches the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, allowance: Allowance) -> None:
        self._stream, self._allowance = stream, allowance

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._allowance.time_left(timeout))
        self._allowance.bytes_left -= len(data)
        if self._allowance.bytes_left < 0:
            raise TooMuch("more bytes than one request may bring")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._allowance.time_left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._allowance.time_left(timeout))
        return GuardedStream(stream, self._allowance)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
