"""The alert worker killed before and after its commit, in real processes over SQLite: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from alerts.interfaces.export import alert_lines
from core import tables
from core.settings import StoreSettings
from core.store import open_store

SCRIPT = Path(__file__).parent / "alert_worker_process.py"
KILLED = 137


def work(store: Path, crash_at: str = "", topic: str = "log-1", step: int = 40) -> int:
    environment = {**os.environ, "NEWSQUAKE_CRASH_AT": crash_at}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(store), topic, str(step)],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, KILLED), done.stderr.decode()[-2000:]
    return done.returncode


def state(file: Path):
    store = open_store(StoreSettings(url=f"sqlite:///{file}"), read_only=True)
    origins = tables.origins.c
    try:
        with store.read() as connection:
            counted = connection.execute(select(origins.kind, func.count()).group_by(origins.kind))
            kinds = dict(counted.tuples().all())
            seen = connection.execute(
                select(tables.seen.c.fate, func.count()).group_by(tables.seen.c.fate)
            ).all()
            panes = connection.execute(
                select(func.count(), func.sum(tables.panes.c.articles)).select_from(tables.panes)
            ).one()
            stories = connection.execute(
                select(tables.stories.c.story, tables.stories.c.articles).order_by(tables.stories.c.story)
            ).all()
        return kinds, sorted(map(tuple, seen)), tuple(panes), stories, b"".join(alert_lines(store, "main"))
    finally:
        store.close()


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a run that nobody killed leaves."""
    file = tmp_path_factory.mktemp("whole") / "store.db"
    assert work(file, step=2_000) == 0
    found = state(file)
    assert set(found[0]) == {"article"} and found[0]["article"] > 400 and found[4].count(b"firing") >= 3
    return found


@pytest.mark.parametrize("point", ["before_store_commit", "after_store_commit"])
def test_killed_at_the_commit_again_and_again(tmp_path, whole, point):
    file = tmp_path / "store.db"
    deaths = 0
    for count in (1, 2, 3, 5, 7):
        deaths += work(file, f"{point}:{count}") == KILLED
    assert deaths >= 4
    assert work(file) == 0
    assert state(file) == whole


def test_killed_while_the_broker_forgot_everything(tmp_path, whole):
    file = tmp_path / "store.db"
    assert work(file, "after_store_commit:4", topic="log-1") == KILLED
    assert work(file, topic="log-2") == 0
    assert state(file) == whole
