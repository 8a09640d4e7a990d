"""Crash points: the process is gone at once, the n-th time it gets there, and only where told."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.runtime import crash

_CHILD = """
import atexit
from core.runtime import crash
atexit.register(lambda: print("cleaned up", flush=True))
for number in range(5):
    crash.point("after_poll")
    print(number, flush=True)
    crash.point("after_score")
"""


def run(at: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _CHILD],
        env={**os.environ, "NEWSQUAKE_CRASH_AT": at},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("at, lines", [("after_poll", 0), ("after_score", 1), ("after_poll:3", 2)])
def test_it_dies_where_and_when_told_without_cleaning_up(at: str, lines: int) -> None:
    died = run(at)
    assert died.returncode == 137
    assert died.stdout.splitlines() == [str(number) for number in range(lines)]


def test_elsewhere_and_untold_it_lives() -> None:
    for at in ("", "before_cursor", "after_poll:99"):
        lived = run(at)
        assert lived.returncode == 0
        assert "cleaned up" in lived.stdout


def test_every_named_point_stands_in_the_code_and_every_point_is_named() -> None:
    import re
    from pathlib import Path

    root = Path(__file__).resolve().parents[4]
    used = {
        name
        for room in ("core", "ingest", "classifier", "alerts", "newsquake")
        for file in (root / room).rglob("*.py")
        for name in re.findall(r"crash\.point\(\s*\"(\w+)\"", file.read_text("utf-8"))
    }
    assert used <= set(crash.POINTS)
    assert set(crash.POINTS) - used == set()
