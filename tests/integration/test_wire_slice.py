"""The first articles of the wire of 1987, through the whole path: the quick part of test_reuters.py."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import func, select

from core import tables
from tests.support.runs import Run
from tests.support.wire import stored

ROWS = 600

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.timeout(600)]


def test_every_row_of_a_slice_is_stored_dead_or_a_duplicate(wire: Path, tmp_path: Path) -> None:
    rows = pd.read_parquet(wire).head(ROWS)
    rows.to_parquet(tmp_path / "slice.parquet")
    without_text = int(
        (rows["title"].fillna("").str.strip() + rows["body"].fillna("").str.strip()).eq("").sum()
    )
    run = Run(tmp_path / "slice.parquet", tmp_path, f"sqlite:///{tmp_path / 'store.db'}")
    summary = run.finish(within_s=500)
    assert summary["adds_up"] and summary["read"] == ROWS
    assert summary["dead"] == without_text
    store = stored(run.store)
    with store.read() as connection:
        counted = connection.execute(select(func.count()).select_from(tables.articles)).scalar_one()
    store.close()
    assert counted == summary["stored"] == ROWS - without_text - summary["duplicates"]
