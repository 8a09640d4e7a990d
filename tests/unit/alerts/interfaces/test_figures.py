"""Figures of a window from the store: each with its interval, NA below a minimum, for people and programs alike."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from alerts.engine.source_coverage import SourceCoverage
from alerts.interfaces.cli import show_figures as cli
from alerts.interfaces.figures import figures_of
from alerts.testing import START
from alerts.windows.observations import Observation
from alerts.windows.panes import pane_row
from alerts.windows.rolling import measure
from core.errors import ConfigError
from core.records import Health
from core.store import Store
from core.tables import desks, panes
from core.times import DAY, HOUR, MINUTE, iso

SERIES = "entity:US:JPM"


def told(number: int, at: int, label: int = -1) -> Observation:
    return Observation(at, f"a{number}", f"s{number}", f"p{number}", "wire", 1, label, 6_000 * label)


def fill(store: Store, *observations: Observation, series: str = SERIES, broken_since: int = 0) -> None:
    """A desk that stands an hour after START."""
    coverage = SourceCoverage()
    if broken_since:
        coverage.on_health(
            Health(source="wire", at=broken_since, status="broken", since=broken_since, expected=9.0, seen=0)
        )
        coverage.until(broken_since)
    by_pane: dict[int, list[Observation]] = {}
    for one in observations:
        by_pane.setdefault(one.at // MINUTE * MINUTE, []).append(one)
    with store.write() as connection:
        for start, held in by_pane.items():
            row = pane_row("main", measure(series, start, start + MINUTE, held), held)
            connection.execute(panes.insert(), row)
        state = msgspec.msgpack.encode({"unread": coverage.dump()})
        connection.execute(desks.insert(), {"desk": "main", "watermark": START + HOUR, "state": state})


def test_a_windows_figures_have_intervals_and_say_na_below_the_minimum(sqlite_store: Store) -> None:
    fill(sqlite_store, *(told(n, START + n * MINUTE, -1 if n % 3 else 1) for n in range(9)))
    with sqlite_store.read() as connection:
        hour = figures_of(connection, "main", SERIES, HOUR, MINUTE)
        short = figures_of(connection, "main", SERIES, 2 * MINUTE, MINUTE, START + 2 * MINUTE)
    assert (hour.start, hour.end) == (START, START + HOUR)
    share = hour.figures["negative_share"]
    assert share.value == pytest.approx(6 / 9) and share.low is not None and 0.3 < share.low < 6 / 9
    assert hour.figures["net_sentiment"].value == pytest.approx((3 - 6) / 9)
    assert short.figures["negative_share"].value is None and short.figures["stories"].value == 2
    assert short.as_json()["figures"]["mean_sentiment"] == {"value": None, "low": None, "high": None, "n": 0}


def test_a_window_that_nobody_was_reading_is_na_and_not_nought(sqlite_store: Store) -> None:
    fill(sqlite_store, told(1, START - 5 * HOUR), broken_since=START - HOUR)
    with sqlite_store.read() as connection:
        found = figures_of(connection, "main", SERIES, HOUR, MINUTE)
        before = figures_of(connection, "main", SERIES, HOUR, MINUTE, START - 4 * HOUR)
    assert not found.observed and found.figures["stories"].value is None
    assert before.observed and before.figures["stories"].value == 1


def test_a_window_before_anybody_read_is_na_and_not_nought(sqlite_store: Store) -> None:
    everything = [told(n, START + n * MINUTE) for n in range(9)]
    fill(sqlite_store, *everything, series="all")
    with sqlite_store.write() as connection:
        later = told(1, START + 30 * MINUTE)
        row = pane_row("main", measure(SERIES, later.at, later.at + MINUTE, [later]), [later])
        connection.execute(panes.insert(), row)
    with sqlite_store.read() as connection:
        ages_ago = figures_of(connection, "main", "all", HOUR, MINUTE, 0)
        just_before = figures_of(connection, "main", SERIES, HOUR, MINUTE, START)
        quiet = figures_of(connection, "main", SERIES, 5 * MINUTE, MINUTE, START + 5 * MINUTE)
    for found in (ages_ago, just_before):
        assert not found.observed and {one.value for one in found.figures.values()} == {None}
    assert quiet.observed and quiet.figures["stories"].value == 0, "others were read: a quiet company is calm"


def test_what_cannot_be_told_is_refused_in_words(sqlite_store: Store) -> None:
    fill(sqlite_store, told(1, START))
    with sqlite_store.read() as connection:
        for series, window, at, words in (
            ("entity:US:XXX", HOUR, None, "knows no series"),
            (SERIES, 61 * DAY, None, "between 1m and 60d"),
            (SERIES, HOUR, START + 2 * HOUR, "has decided until"),
        ):
            with pytest.raises(ConfigError, match=words):
                figures_of(connection, "main", series, window, MINUTE, at)


def test_the_command_shows_and_writes_them(
    tmp_path: Path, sqlite_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(sqlite_store, *(told(n, START + n * MINUTE) for n in range(4)))
    url = f"sqlite:///{tmp_path / 'store.db'}"
    cli.show_figures(SERIES, window="3h", store=url)
    said = capsys.readouterr().out
    assert f"{SERIES}  from {iso(START - 2 * HOUR)} to {iso(START + HOUR)}" in said
    assert "negative share" in said and "100 %" in said and "51 % to 100 %" in said and "NA" in said
    cli.show_figures(SERIES, window="3h", end=iso(START + HOUR), store=url, json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["figures"]["negative_share"]["low"] == pytest.approx(0.510109)
    with pytest.raises(ConfigError, match="--window"):
        cli.show_figures(SERIES, window="soon", store=url)
