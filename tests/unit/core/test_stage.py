"""What a stage says of itself, and how it is asked to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from sqlalchemy import select

from core.clock import ManualClock
from core.settings import StoreSettings
from core.stage import Stage
from core.store import Store, open_store
from core.tables import stages
from tests.support.waiting import wait_until


def told(store: Store) -> tuple[str, dict[str, float]]:
    with store.read() as connection:
        row = connection.execute(select(stages)).one()
    return row.status, json.loads(row.counters)


def test_counters_and_gauges_are_told_at_most_once_a_second(sqlite_store: Store, clock: ManualClock) -> None:
    stage = Stage("ingest", sqlite_store, clock)
    stage.count("read", 3)
    stage.gauge("lag", 1.5)
    stage.report()
    stage.count("read")
    stage.report()
    assert told(sqlite_store) == ("running", {"read": 3, "lag": 1.5})
    clock.advance(1.0)
    stage.report()
    assert told(sqlite_store)[1]["read"] == 4


def test_a_change_of_status_is_told_at_once(sqlite_store: Store, clock: ManualClock) -> None:
    stage = Stage("ingest", sqlite_store, clock)
    stage.report()
    stage.report("draining")
    assert told(sqlite_store)[0] == "draining"


def test_a_store_that_is_away_is_no_matter_for_telling(tmp_path: Path, clock: ManualClock) -> None:
    store = open_store(StoreSettings(url=f"sqlite:///{tmp_path / 's.db'}", busy_timeout_s=0.1))
    stage = Stage("ingest", store, clock)
    other = open_store(StoreSettings(url=f"sqlite:///{tmp_path / 's.db'}"))
    with other.write():
        stage.report(force=True)
    stage.report(force=True)
    assert told(store)[0] == "running"


_CHILD = """
import sys
from core.settings import StoreSettings
from core.stage import Stage
from core.store import open_store
stage = Stage("ingest", open_store(StoreSettings(url=sys.argv[1])))
stage.handle_signals()
print("ready", flush=True)
print("stopped" if stage.wait(30) else "timed out", flush=True)
"""


def child(tmp_path: Path, **environ: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _CHILD, f"sqlite:///{tmp_path / 's.db'}"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environ},
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_sigterm_and_sigint_ask_it_to_stop(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = child(tmp_path)
        process.send_signal(number)
        assert process.communicate(timeout=10)[0] == "stopped\n"
        assert process.returncode == 0


def orphan(tmp_path: Path, script: str) -> int:
    """Start `script` under a parent, wait until it says ready in `tmp_path`/log, kill the parent; its process id."""
    middle = f"""
import os, subprocess, sys, time
environment = {{**os.environ, "NEWSQUAKE_PARENT": str(os.getpid())}}
log = open({str(tmp_path / "log")!r}, "w")
command = [sys.executable, "-c", {script!r}, "sqlite:///{tmp_path / "s.db"}"]
print(subprocess.Popen(command, stdout=log, env=environment).pid, flush=True)
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", middle], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    grandchild = int(process.stdout.readline())
    wait_until(lambda: "ready" in (tmp_path / "log").read_text(), "it never began")
    process.kill()
    process.wait()
    return grandchild


def test_the_death_of_its_parent_stops_it(tmp_path: Path) -> None:
    left = orphan(tmp_path, _CHILD)
    wait_until(lambda: "stopped" in (tmp_path / "log").read_text(), f"process {left} lives on")


def test_a_stage_that_does_not_drain_ends_soon_after_its_parent(tmp_path: Path) -> None:
    stubborn = """
import sys, time
from core import stage
from core.settings import StoreSettings
from core.store import open_store
stage.ORPHAN_S = 0.5
one = stage.Stage("ingest", open_store(StoreSettings(url=sys.argv[1])))
one.handle_signals()
print("ready", flush=True)
time.sleep(60)
"""
    left = orphan(tmp_path, stubborn)
    wait_until(
        lambda: not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE,
        f"process {left} lives on",
    )
