"""The wire of 1987, dirty as the world is: its numbers add up on both brokers and both stores, also after a kill.

Scored once; the other combinations take the scores from the cache (tests/support/runs.py).
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import func, select

from core import tables
from core.times import iso
from tests.support.runs import Run
from tests.support.wire import NO_TEXT, NO_TIME, READ, check, stored

pytestmark = [pytest.mark.shared, pytest.mark.long, pytest.mark.timeout(2700)]


def test_the_numbers_add_up_on_the_embedded_broker_and_sqlite(wire_run: Run) -> None:
    summary = json.loads((wire_run.folder / "out" / "summary.json").read_text())
    assert {"read", "stored", "dead", "duplicates", "panes", "alerts", "seconds"} <= summary.keys()
    assert {"ingest", "classifier", "alerts"} <= summary["seconds"].keys()


def test_three_of_the_four_unparsed_times_are_read(wire_run: Run, wire: Path) -> None:
    rows = pd.read_parquet(wire, columns=["date", "title", "date_raw"])
    unparsed = rows[rows.date.isna()]
    assert len(unparsed) == 4
    store = stored(wire_run.store)
    with store.read() as connection:
        found = connection.execute(
            select(tables.articles.c.title, tables.articles.c.published_at).where(
                tables.articles.c.title.in_([title for title in unparsed.title if title])
            )
        ).all()
    times = {row.title: iso(row.published_at) for row in found}
    assert times["ASHTON-TATE <TATE> TO OFFER COMMON SHARES"] == "1987-03-03T09:15:05.400Z"


def test_black_monday_raises_an_alert_on_the_equity_market_by_five(wire_run: Run) -> None:
    fired = [
        line
        for line in map(json.loads, wire_run.alerts().splitlines())
        if line["series"] == "topic:equities_market" and line["state"] == "firing"
    ]
    day = [line["onset"] for line in fired if "1987-10-19T" <= line["onset"] <= "1987-10-19T17:00"]
    assert day, [line["onset"] for line in fired]


@pytest.mark.kafka
def test_the_same_on_apache_kafka(wire_run: Run, wire: Path, kafka: str, tmp_path: Path) -> None:
    run = Run(wire, tmp_path, f"sqlite:///{tmp_path / 'store.db'}", broker=kafka)
    check(run, run.finish(within_s=900))
    assert run.alerts() == wire_run.alerts()


@pytest.mark.postgres
def test_the_same_on_postgresql(wire_run: Run, wire: Path, postgres: str, tmp_path: Path) -> None:
    run = Run(wire, tmp_path, postgres)
    check(run, run.finish(within_s=900))
    assert run.alerts() == wire_run.alerts()


@pytest.mark.postgres
@pytest.mark.kafka
def test_the_same_on_both_when_killed_in_the_middle(
    wire_run: Run, wire: Path, kafka: str, postgres: str, tmp_path: Path
) -> None:
    run = Run(wire, tmp_path, postgres, broker=kafka)
    run.kill_when(lambda: settled(postgres) > READ // 3, within_s=600)
    assert READ // 3 < settled(postgres) < READ - NO_TEXT - NO_TIME
    check(run, run.finish(within_s=900))
    assert run.alerts() == wire_run.alerts()


def test_the_same_on_the_embedded_broker_when_killed_in_the_middle(
    wire_run: Run, wire: Path, tmp_path: Path
) -> None:
    run = Run(wire, tmp_path, f"sqlite:///{tmp_path / 'store.db'}")
    run.kill_when(lambda: settled(run.store) > READ // 3, within_s=600)
    check(run, run.finish(within_s=900))
    assert run.alerts() == wire_run.alerts()


def settled(url: str) -> int:
    """Articles stored so far; 0 while the store is being made."""
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return 0
    try:
        store = stored(url)
        with store.read() as connection:
            count: int = connection.execute(select(func.count()).select_from(tables.articles)).scalar_one()
    except Exception:  # noqa: BLE001 - the tables are being made by the run
        time.sleep(0.2)
        return 0
    store.close()
    return count
