"""Connections to checked addresses only, within the time and bytes of one request."""

from __future__ import annotations

import time

import httpcore
import pytest

from core.errors import AccessDenied
from core.net.address_rule import AddressRule
from core.net.guarded_backend import Allowance, GuardedBackend, GuardedStream, TooMuch


class Endless(httpcore.NetworkStream):
    """A server that sends without end."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b"x" * max_bytes


def test_a_private_address_is_not_connected_to() -> None:
    backend = GuardedBackend(AddressRule((), "x.allow", lambda host, port: ["127.0.0.1"]))
    with pytest.raises(AccessDenied):
        backend.connect_tcp("inside.example", 80)


def test_a_name_that_does_not_resolve_is_a_connect_error() -> None:
    backend = GuardedBackend(AddressRule((), "x.allow", lambda host, port: []))
    with pytest.raises(httpcore.ConnectError):
        backend.connect_tcp("nowhere.example", 80)


def test_unix_sockets_are_denied() -> None:
    with pytest.raises(AccessDenied):
        GuardedBackend(AddressRule()).connect_unix_socket("/run/x.sock")


def test_bytes_are_counted_over_the_whole_request() -> None:
    stream = GuardedStream(Endless(), Allowance(time.monotonic() + 60, 15))
    assert len(stream.read(10)) == 10
    with pytest.raises(TooMuch):
        stream.read(10)


def test_after_the_deadline_nothing_is_read() -> None:
    stream = GuardedStream(Endless(), Allowance(time.monotonic() - 1, 100))
    with pytest.raises(httpcore.ReadTimeout):
        stream.read(10)
