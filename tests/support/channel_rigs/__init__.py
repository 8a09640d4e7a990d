"""A rig for each kind of channel: a real receiver. `tests/contract/test_channels.py` looks for `KIND.py` here."""

from __future__ import annotations

import socket
from typing import Any, Protocol


class Rig(Protocol):
    """A real receiver for one kind."""

    def entry(self) -> dict[str, Any]:
        """Return an entry of the settings that leads to the receiver."""

    def unreachable(self) -> dict[str, Any]:
        """Return an entry of the settings that leads to a receiver that cannot be reached."""

    def received(self) -> list[str]:
        """Return the id of each message that arrived, in order."""


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
