"""Runs of the real command line: `newsquake up --replay …` to its end, or killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
"""The real data beside the checkout, where it is there."""


def needs_shared(file: str) -> Path:
    """The path of real data, or a skip that says what lacks."""
    path = SHARED / file
    if not path.exists():
        pytest.skip(f"../shared/{file} is not there: this test needs the real data")
    return path


def score_cache() -> str:
    """Scores made once are used by all runs of this machine; keyed by text and model version, so never stale."""
    named = os.environ.get("NEWSQUAKE_TEST_SCORE_CACHE")
    folder = os.environ.get("NEWSQUAKE_CACHE") or str(Path.home() / ".cache" / "newsquake")
    return named or str(Path(folder) / "test-scores.db")


@dataclass
class Run:
    """One `newsquake up --replay` into a folder."""

    dump: Path
    folder: Path
    store: str
    broker: str | None = None
    config: Path | None = None
    more: tuple[str, ...] = ()
    slow: bool = False
    """Paced: at full speed, with scores from the cache, there would be no middle to kill it in."""

    def command(self) -> list[str]:
        """Its command line."""
        line = [
            sys.executable,
            "-m",
            "newsquake",
            "up",
            "--replay",
            str(self.dump),
            "--speed",
            "60000" if self.slow else "max",
            "--exit",
        ]
        line += ["--out", str(self.folder / "out"), "--store", self.store, "--no-dashboard", *self.more]
        line += ["--broker", self.broker] if self.broker else []
        return line + (["-c", str(self.config)] if self.config else [])

    def environment(self) -> dict[str, str]:
        """Its environment: a data folder of its own, and the scores that were made before."""
        weights = os.environ.get("NEWSQUAKE_TEST_WEIGHTS")
        return {
            **os.environ,
            **({"NEWSQUAKE_CLASSIFIER__WEIGHTS": weights} if weights else {}),
            "NEWSQUAKE_CLASSIFIER__SCORE_CACHE": score_cache(),
            "NEWSQUAKE_DATA_DIR": str(self.folder / "data"),
        }

    def start(self) -> subprocess.Popen[str]:
        """Begin it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            self.command(),
            env=self.environment(),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, within_s: float) -> dict[str, Any]:
        """Run it to its end; returns summary.json."""
        process = self.start()
        try:
            said, _ = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            kill_all(process)
            said, _ = process.communicate()
            pytest.fail(f"not through after {within_s:.0f} s:\n{said}\n{self.logs()}")
        assert process.returncode == 0, f"exit {process.returncode}:\n{said}\n{self.logs()}"
        summary: dict[str, Any] = json.loads((self.folder / "out" / "summary.json").read_text())
        summary["said"] = said
        return summary

    def kill_when(self, reached: Callable[[], bool], within_s: float) -> None:
        """Begin it and kill -9 every process of it, the broker too, once `reached()`."""
        process = self.start()
        deadline = time.monotonic() + within_s
        while not reached():
            if process.poll() is not None or time.monotonic() > deadline:
                kill_all(process)
                pytest.fail(f"ended before it could be killed:\n{process.communicate()[0]}\n{self.logs()}")
            time.sleep(0.1)
        kill_all(process)
        process.communicate()

    def alerts(self) -> bytes:
        """alerts.jsonl."""
        return (self.folder / "out" / "alerts.jsonl").read_bytes()

    def logs(self) -> str:
        """The ends of the stages' logs, for a failure's message."""
        parts = []
        for file in sorted((self.folder / "data" / "logs").glob("*.log")):
            parts.append(
                f"--- {file.name}\n" + "\n".join(file.read_text(errors="replace").splitlines()[-15:])
            )
        return "\n".join(parts)


def kill_all(process: subprocess.Popen[str]) -> None:
    """kill -9 a process and all that came of it, as a power cut would."""
    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for one in family:
        try:
            one.send_signal(signal.SIGSTOP)  # none of them shall notice that another is gone
        except psutil.NoSuchProcess:
            continue
    for one in family:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=10)
