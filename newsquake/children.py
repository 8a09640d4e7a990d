"""Supervise the local run's processes: start them, restart those that die, stop them together.

Each child runs in a session of its own, so that Ctrl-C reaches only the parent, which stops them in order. A child
whose parent was killed ends itself: it watches NEWSQUAKE_PARENT (core/stage.py).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.errors import ConfigError, NewsquakeError

RESTARTS = 5
"""Exits of a child within a minute after which the run fails."""


@dataclass
class Child:
    """One process of the local run."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log_file: Path
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    restart_at: float = 0.0
    log_handle: IO[bytes] | None = None

    def start(self) -> None:
        """Start it; its output goes to its log file."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        if self.log_handle is None:
            self.log_handle = self.log_file.open("ab")
        self.process = subprocess.Popen(
            list(self.command),
            stdin=subprocess.DEVNULL,
            stdout=self.log_handle,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment, "NEWSQUAKE_PARENT": str(os.getpid())},
            start_new_session=True,
        )

    @property
    def returncode(self) -> int | None:
        """Exit status, or None while it runs."""
        return None if self.process is None else self.process.poll()

    def last_line(self) -> str:
        """The last line of its output that is not blank, at most 300 characters; "" where there is none."""
        try:
            lines = self.log_file.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:300]


def stage_command(*arguments: str) -> list[str]:
    """The command line of a Newsquake command in this interpreter."""
    return [sys.executable, "-m", "newsquake", *arguments]


class Children:
    """The processes of one local run. `notes`: messages for the status display."""

    def __init__(self) -> None:
        self.all: list[Child] = []
        self.notes: list[str] = []

    def add(self, child: Child) -> None:
        """Start a child and supervise it."""
        child.start()
        self.all.append(child)

    def supervise(self, *, may_end: frozenset[str] = frozenset()) -> None:
        """Restart children that ended, with back-off; those in `may_end` may end with status 0.

        Raises ConfigError (a child rejected its configuration) or NewsquakeError (it died too often).
        """
        now = time.monotonic()
        for child in self.all:
            code = child.returncode
            if code is None or (code == 0 and child.name in may_end):
                continue
            if child.restart_at == 0.0:
                if code == 2:
                    raise ConfigError(f"{child.name}: {child.last_line().removeprefix('newsquake: ')}")
                child.deaths = [*(t for t in child.deaths if now - t < 60), now]
                if len(child.deaths) >= RESTARTS:
                    raise NewsquakeError(
                        f"{child.name} died {RESTARTS} times within a minute (exit {code}): {child.last_line()} "
                        f"(log: {child.log_file})"
                    )
                child.restart_at = now + 0.5 * 2 ** (len(child.deaths) - 1)
                self.notes.append(f"{child.name} ended ({_how(code)}); restarting it")
            elif now >= child.restart_at:
                child.restart_at = 0.0
                child.start()

    def stop(self, within_s: float = 2.5) -> None:
        """Send SIGTERM to all, and SIGKILL to those still running after `within_s` seconds."""
        living = [child for child in self.all if child.process is not None and child.returncode is None]
        for child in living:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and any(child.returncode is None for child in living):
            time.sleep(0.02)
        for child in living:
            if child.returncode is None:
                _signal(child, signal.SIGKILL)
                assert child.process is not None
                child.process.wait()
        for child in self.all:
            if child.log_handle is not None:
                child.log_handle.close()
                child.log_handle = None
        self.all.clear()


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit {code}"


def _signal(child: Child, number: signal.Signals) -> None:
    assert child.process is not None
    try:
        os.killpg(child.process.pid, number)
    except ProcessLookupError:
        return
