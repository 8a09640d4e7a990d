"""Connections of httpcore to checked addresses only, within a deadline and a limit of bytes.

Redirects open connections too and are checked the same way. The deadline and the limit hold for one request with all
its connections: a server that hangs, drips a byte a second or sends without end is cut off, also within its headers.
"""

from __future__ import annotations

import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any

import httpcore

from core.errors import AccessDenied
from core.net.address_rule import AddressRule


@dataclass
class Allowance:
    """The time and bytes that remain for one request, shared by all its connections; `deadline` by `time.monotonic`."""

    deadline: float
    bytes_left: int

    def time_left(self, wanted: float | None) -> float:
        """Return the seconds that an operation may take, at most `wanted`.

        Raises httpcore.ReadTimeout after the deadline.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time limit of the whole request has passed")
        return left if wanted is None else min(left, wanted)


class TooMuch(httpcore.ReadError):
    """A response is larger than one request may be."""


_current = threading.local()


def begin(allowance: Allowance) -> None:
    """Make `allowance` the one of this thread's connections from now on."""
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
        raise AccessDenied("unix sockets are no source of news")

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
