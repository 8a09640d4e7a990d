"""Where a webhook goes: the checked address of its URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.errors import ChannelUnavailable, ConfigError
from core.net.address_rule import AddressRule, Resolve, resolve

SETTING = "webhooks.allow_private_addresses"


@dataclass(frozen=True)
class Target:
    """A checked destination: connect to `address`, with `host` in the TLS name and the Host header."""

    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def url(self) -> str:
        """Return the URL with the checked address as its host."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        """Return the value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"


def check_url(url: str) -> tuple[str, str, int, str]:
    """Return (scheme, host, port, path with query). Raises ConfigError for anything but a plain http(s) URL."""
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
    """Return the checked target of `url`. `allow`: hosts or networks that may be private.

    Raises Refused where an address is not allowed, ChannelUnavailable where the name does not resolve, ConfigError for
    an invalid `allow`.
    """
    scheme, host, port, path = check_url(url)
    try:
        addresses = AddressRule(allow, SETTING, look_up).pick(host, port)
    except (OSError, UnicodeError) as error:
        raise ChannelUnavailable(f"{host}: cannot be resolved ({error})") from error
    first = min(addresses, key=lambda address: (":" in address, address))  # IPv4 where there is one
    return Target(scheme, host, port, path, first)
