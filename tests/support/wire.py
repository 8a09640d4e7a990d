"""The wire of 1987, replayed once a session on the embedded broker and SQLite: several rooms' tests look at it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from core import tables
from core.settings import StoreSettings
from core.store import Store, open_store
from tests.support.runs import Run, needs_shared

READ, NO_TEXT, NO_TIME = 21_578, 737, 1


@pytest.fixture(scope="session")
def wire() -> Path:
    """The dump."""
    return needs_shared("data/replay/en_reuters_1987.parquet")


@pytest.fixture(scope="session")
def wire_run(wire: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Embedded broker and SQLite: scores everything that was not scored before, which takes minutes."""
    folder = tmp_path_factory.mktemp("reuters")
    run = Run(wire, folder, f"sqlite:///{folder / 'store.db'}")
    check(run, run.finish(within_s=2400))
    return run


def stored(url: str) -> Store:
    return open_store(StoreSettings(url=url), migrate=False)


def check(run: Run, summary: dict[str, object]) -> None:
    """Every usable article exactly once, what is not usable with its reason, and the sum."""
    assert summary["adds_up"], summary
    assert summary["read"] == READ
    assert summary["dead"] == NO_TEXT + NO_TIME
    assert summary["stored"] == READ - NO_TEXT - NO_TIME - summary["duplicates"]  # type: ignore[operator]
    store = stored(run.store)
    with store.read() as connection:
        dead = tables.dead.c
        reasons = connection.execute(select(dead.reason, func.count()).group_by(dead.reason)).tuples().all()
        assert dict(reasons) == {"no_text": NO_TEXT, "no_time": NO_TIME}
        articles, scores, seen = (
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.articles, tables.scores, tables.seen)
        )
        assert articles == scores == seen == summary["stored"]
        still_open = connection.execute(
            select(func.count()).select_from(tables.seen).where(tables.seen.c.fate == "open")
        ).scalar_one()
        assert still_open == 0, "every pane is closed"
    store.close()
