"""Resolve a host name and check every address it has.

The caller connects to a returned address, not to the name again, so that a second, different answer of the name server
(DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence

from core.errors import AccessDenied, ConfigError
from core.net.addresses import Address, embedded, is_public

Resolve = Callable[[str, int], Sequence[str]]
"""From a host name and a port to its addresses as text; raises OSError for an unknown name."""


def resolve(host: str, port: int) -> list[str]:
    """Return all addresses of a name, each once, in the system's order. Raises OSError for an unknown name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class AddressRule:
    """The addresses that may be reached: public ones, and those that the settings allow in addition.

    `allowed`: host names, addresses or networks; `setting`: the key they stand under, for messages. Raises ConfigError
    for any other entry.
    """

    def __init__(self, allowed: Iterable[str] = (), setting: str = "", resolver: Resolve = resolve) -> None:
        self._resolve, self._setting = resolver, setting
        self._hosts: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for entry in allowed:
            try:
                self._networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                if "/" in entry or not entry.strip():
                    raise ConfigError(f"{setting}: {entry!r}: expected a host, address or network") from None
                self._hosts.add(entry.strip().lower())

    def pick(self, host: str, port: int) -> list[str]:
        """Return the host's addresses if every one of them may be reached.

        Raises AccessDenied where one may not, OSError where the name does not resolve.
        """
        found = list(self._resolve(host, port))
        if not found:
            raise OSError(f"{host}: no address")
        if host.lower().rstrip(".") in self._hosts:
            return found
        for text in found:
            address = ipaddress.ip_address(text.partition("%")[0])
            if not is_public(address) and not self._is_allowed(address):
                named = f"{host} is {address}, which" if host != text else host
                raise AccessDenied(f"{named} is no public address ({self._setting} lets it through)")
        return found

    def _is_allowed(self, address: Address) -> bool:
        forms = [form for form in (address, embedded(address)) if form is not None]
        return any(
            form in network for form in forms for network in self._networks if form.version == network.version
        )
