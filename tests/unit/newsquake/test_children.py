"""Processes of the local run are started again when they die, and ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import ConfigError, NewsquakeError
from newsquake.children import Child, Children
from tests.support.waiting import wait_until


def child(tmp_path: Path, code: str, name: str = "stage") -> Child:
    return Child(name, [sys.executable, "-c", code], {}, tmp_path / f"{name}.log")


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    children = Children()
    children.add(one := child(tmp_path, "import time; time.sleep(60)"))
    assert one.process is not None
    first = one.process.pid
    os.kill(first, signal.SIGKILL)

    def again() -> bool:
        children.supervise()
        return one.process is not None and one.process.pid != first and one.returncode is None

    wait_until(again)
    assert "killed by SIGKILL" in children.notes[0]
    children.stop()


def test_a_child_that_refuses_its_configuration_ends_the_run_with_its_words(tmp_path: Path) -> None:
    children = Children()
    children.add(child(tmp_path, "import sys; print('rules.yaml:3: no'); sys.exit(2)"))
    with pytest.raises(ConfigError, match=r"rules\.yaml:3: no"):
        wait_until(children.supervise)
    children.stop()


def test_a_child_that_dies_again_and_again_is_given_up_with_its_last_line(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("newsquake.children.RESTARTS", 2)
    children = Children()
    children.add(child(tmp_path, "raise SystemExit('out of luck')"))
    with pytest.raises(NewsquakeError, match="out of luck"):
        wait_until(children.supervise)
    children.stop()


def test_stop_ends_also_what_ignores_sigterm_within_the_time(tmp_path: Path) -> None:
    children = Children()
    deaf = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    )
    children.add(one := child(tmp_path, deaf))
    wait_until(lambda: "ready" in one.last_line())
    started = time.monotonic()
    process = one.process
    children.stop(within_s=0.5)
    assert time.monotonic() - started < 3
    assert process is not None and process.returncode == -signal.SIGKILL


def test_a_stage_ends_itself_when_its_parent_was_killed(tmp_path: Path) -> None:
    stage = (
        "import os, sys; from core.stage import Stage; from core.store import open_store; "
        "from core.settings import StoreSettings; "
        f"s = Stage('x', open_store(StoreSettings(url='sqlite:///{tmp_path}/a.db'))); s.handle_signals(); "
        f"open('{tmp_path}/ready', 'w').write(str(os.getpid())); s.wait(60)"
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, subprocess, sys, time; "
            f"subprocess.Popen([sys.executable, '-c', {stage!r}], "
            "env={**os.environ, 'NEWSQUAKE_PARENT': str(os.getpid())}, start_new_session=True); time.sleep(60)",
        ]
    )
    ready = tmp_path / "ready"
    wait_until(lambda: ready.exists() and ready.read_text() != "")
    grandchild = int(ready.read_text())
    parent.kill()
    parent.wait()

    def gone() -> bool:
        try:
            with open(f"/proc/{grandchild}/stat") as stat:
                return stat.read().split()[2] == "Z"
        except FileNotFoundError:
            return True

    wait_until(gone)
