"""The replay keeps its promises: nothing lost, nothing doubled, progress in band, numbers that add up."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from core.bus.base import RAW
from core.bus.memory import MemoryBus
from core.clock import ManualClock
from core.errors import ConfigError
from core.records import Article, Marker, decode
from core.settings import Settings, load_settings
from core.stage import Stage
from core.store import Store, insert_absent, open_store, upsert
from core.tables import cursors, dead, desks, origins
from ingest.replay.options import ReplayOptions, parse_speed
from ingest.replay.replay import Replay
from ingest.worker import run

NOW = 1_700_000_000_000


class Desk:
    """A store, a broker and the settings of one test."""

    def __init__(self, folder: Path, **ingest: object) -> None:
        self.settings: Settings = load_settings(
            None,
            {"store": {"url": f"sqlite:///{folder}/s.db"}, "data_dir": str(folder), "ingest": ingest},
            environ={},
        )
        self.store: Store = open_store(self.settings.store)
        self.bus = MemoryBus()
        self.bus.ensure_topics(self.settings.broker.partitions)
        self.clock = ManualClock(NOW)

    def stage(self) -> Stage:
        return Stage("ingest", self.store, self.clock)

    def replay(self, path: Path, **options: object) -> Stage:
        stage = self.stage()
        run(self.settings, self.bus, self.store, stage, ReplayOptions(path, **options))  # type: ignore[arg-type]
        return stage

    def log(self) -> list[list[Article | Marker]]:
        return [
            [decode(record.value, record.schema) for record in partition]  # type: ignore[misc]
            for partition in self.bus.logs[RAW]
        ]

    def articles(self) -> list[Article]:
        return [record for partition in self.log() for record in partition if isinstance(record, Article)]

    def settle(self, articles: list[Article]) -> None:
        """What the alert worker does with articles."""
        rows = [
            {"origin": a.origin, "kind": "article", "source": a.source, "article_id": a.id} for a in articles
        ]
        with self.store.write() as connection:
            insert_absent(connection, origins, rows)

    def kinds(self) -> dict[str, int]:
        with self.store.read() as connection:
            return dict(
                connection.execute(select(origins.c.kind, func.count()).group_by(origins.c.kind))
                .tuples()
                .all()
            )

    def read(self) -> int:
        with self.store.read() as connection:
            return int(connection.execute(select(func.sum(cursors.c.read))).scalar_one())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def wire(path: Path, count: int, *, step_s: int = 60) -> Path:
    """A dump: `count` articles a minute apart, backwards, every tenth twice, plus two dead rows."""
    rows = []
    for number in range(count):
        at = 1_450_000_000 + (count - number) * step_s
        row = {"date": at, "title": f"Headline {number}", "id": str(number), "ticker": "AAPL"}
        rows += [row, {**row, "ticker": "MSFT"}] if number % 10 == 0 else [row]
    rows += [{"date": 1, "title": ""}, {"date": None, "title": "When?"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_read_is_stored_and_dead_and_duplicates(desk: Desk, tmp_path: Path) -> None:
    stage = desk.replay(wire(tmp_path / "w.jsonl", 100))
    desk.settle(desk.articles())
    assert desk.kinds() == {"article": 100, "duplicate": 10, "dead": 2}
    assert desk.read() == 112
    assert stage.status == "done"
    assert (stage.counters["read"], stage.counters["sent"], stage.counters["dead"], stage.counters["duplicates"]) == (
        112, 100, 2, 10,
    )  # fmt: skip


def test_articles_leave_in_order_and_the_last_marker_closes_the_last_pane(desk: Desk, tmp_path: Path) -> None:
    desk.replay(wire(tmp_path / "w.jsonl", 100))
    for partition in desk.log():
        times = [record.available_at for record in partition if isinstance(record, Article)]
        assert times == sorted(times)
        assert times
        last = partition[-1]
        assert isinstance(last, Marker)
        assert last.end
    newest = max(article.available_at for article in desk.articles())
    alerts = desk.settings.alerts
    assert last.t == (newest // alerts.pane + 1) * alerts.pane + alerts.allowed_lateness


def test_no_article_stands_behind_a_marker_that_promised_it(desk: Desk, tmp_path: Path) -> None:
    desk.replay(wire(tmp_path / "w.jsonl", 300), speed=600.0)
    markers = 0
    for partition in desk.log():
        promised = 0
        for record in partition:
            if isinstance(record, Marker):
                assert record.t >= promised
                promised = record.t
                markers += 1
            else:
                assert record.available_at >= promised
    assert markers >= 4 * 25, (
        "a marker a second over the thirty seconds that 300 minutes take at 600 a second"
    )


def test_speed_is_event_seconds_per_wall_second(desk: Desk, tmp_path: Path) -> None:
    desk.replay(wire(tmp_path / "w.jsonl", 301), speed=600.0)
    assert desk.clock.monotonic_s() == pytest.approx(30, abs=2)


@pytest.mark.parametrize(("text", "speed"), [("max", None), ("60", 60.0), ("0.5", 0.5)])
def test_speed_is_read(text: str, speed: float | None) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", ""])
def test_wrong_speed_is_said(text: str) -> None:
    with pytest.raises(ConfigError, match="--speed"):
        parse_speed(text)


def test_second_run_sends_only_what_is_not_settled(desk: Desk, tmp_path: Path) -> None:
    path = wire(tmp_path / "w.jsonl", 100)
    desk.replay(path)
    everything = desk.articles()
    desk.settle(everything[:60])
    desk.bus.wipe()
    desk.bus.durable = False
    desk.replay(path)
    assert {article.origin for article in desk.articles()} == {article.origin for article in everything[60:]}
    desk.settle(desk.articles())
    assert desk.kinds() == {"article": 100, "duplicate": 10, "dead": 2}
    assert desk.read() == 112
    with desk.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(dead)).scalar_one() == 2


def test_broker_that_kept_its_log_gets_nothing_twice(desk: Desk, tmp_path: Path) -> None:
    path = wire(tmp_path / "w.jsonl", 1000)
    desk.replay(path)
    desk.replay(path)
    assert len(desk.articles()) == 1000


def test_failed_flushes_lose_nothing(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = wire(tmp_path / "w.jsonl", 500)
    stage = desk.stage()
    monkeypatch.setattr(stage, "wait", lambda seconds: desk.clock.sleep(seconds))
    desk.bus.fail_next(3)
    run(desk.settings, desk.bus, desk.store, stage, ReplayOptions(path, speed=1000.0))
    assert {article.origin for article in desk.articles()} == {
        f"f:{Replay(desk.settings, desk.bus, desk.store, desk.stage(), ReplayOptions(path))._delivery.writer[7:]}:{row}"
        for row in _article_rows(path)
    }
    desk.settle(desk.articles())
    assert desk.kinds() == {"article": 500, "duplicate": 50, "dead": 2}


def _article_rows(path: Path) -> list[int]:
    seen: set[str] = set()
    rows = []
    for number, line in enumerate(path.read_text().splitlines()):
        row = json.loads(line)
        if row["title"] and row["date"] and row["title"] not in seen:
            seen.add(row["title"])
            rows.append(number)
    return rows


def test_dump_older_than_the_desks_watermark_is_refused_before_anything_is_sent(
    desk: Desk, tmp_path: Path
) -> None:
    with desk.store.write() as connection:
        upsert(connection, desks, [{"desk": "main", "watermark": NOW, "rules_version": "", "state": b""}])
    with pytest.raises(ConfigError, match="use another store"):
        desk.replay(wire(tmp_path / "w.jsonl", 10))
    assert desk.articles() == []
    assert desk.kinds() == {}


def test_a_dump_of_before_1970_is_not_late_where_nothing_is_decided(desk: Desk, tmp_path: Path) -> None:
    rows = [{"date": f"19{year}-03-04T10:00:00Z", "title": f"Headline of {year}"} for year in (65, 66, 87)]
    path = tmp_path / "old.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert desk.replay(path).status == "done"
    assert len(desk.articles()) == 3


def test_dump_that_goes_on_with_the_stream_may_hold_some_late_articles(desk: Desk, tmp_path: Path) -> None:
    path = wire(tmp_path / "w.jsonl", 39)  # 43 rows with articles, from 1_450_000_060 on, one a minute
    for late, refused in ((9, True), (3, False)):
        decided = (1_450_000_060 + late * 60) * 1000
        with desk.store.write() as connection:
            upsert(
                connection, desks, [{"desk": "main", "watermark": decided, "rules_version": "", "state": b""}]
            )
        if refused:
            with pytest.raises(
                ConfigError, match=r"10 of its 43 articles are from before .* use another store"
            ):
                desk.replay(path)
    with capture_logs() as logs:
        assert desk.replay(path).status == "done"
    assert any("3 of its 43 articles are from before" in str(line["event"]) for line in logs)
    assert len(desk.articles()) == 39


def test_dump_that_was_begun_may_go_on_behind_the_watermark(desk: Desk, tmp_path: Path) -> None:
    path = wire(tmp_path / "w.jsonl", 10)
    desk.replay(path)
    with desk.store.write() as connection:
        upsert(connection, desks, [{"desk": "main", "watermark": NOW, "rules_version": "", "state": b""}])
    assert desk.replay(path).status == "done"


def test_same_dump_read_with_other_columns_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = wire(tmp_path / "w.jsonl", 10)
    desk.replay(path)
    with pytest.raises(ConfigError, match="other columns"):
        desk.replay(path, columns={"title": "id"})


def test_memory_only_broker_is_never_far_ahead_of_the_store(tmp_path: Path) -> None:
    desk = Desk(tmp_path, queue_articles=500)
    desk.bus.durable = False
    path = wire(tmp_path / "w.jsonl", 3000)
    stage = desk.stage()
    ahead: list[int] = []

    def taker(seconds: float) -> None:  # runs whenever the replay waits
        articles = desk.articles()
        ahead.append(len(articles) - desk.kinds().get("article", 0))
        desk.settle(articles)
        desk.clock.advance(seconds)

    desk.clock.sleep = taker  # type: ignore[method-assign]
    run(desk.settings, desk.bus, desk.store, stage, ReplayOptions(path))
    assert len(desk.articles()) == 3000
    assert ahead
    assert max(ahead) <= 1000


def test_asked_to_stop_it_stops_at_a_checkpoint_and_goes_on_later(desk: Desk, tmp_path: Path) -> None:
    path = wire(tmp_path / "w.jsonl", 600)
    stage = desk.stage()
    told = threading.Event()
    advance = desk.clock.sleep

    def interrupt(seconds: float) -> None:
        advance(seconds)
        if desk.clock.monotonic_s() > 10:
            stage.stop()
            told.set()

    desk.clock.sleep = interrupt  # type: ignore[method-assign]
    run(desk.settings, desk.bus, desk.store, stage, ReplayOptions(path, speed=600.0))
    assert told.is_set()
    assert stage.status != "done"
    assert 50 < len(desk.articles()) < 200
    desk.clock.sleep = advance  # type: ignore[method-assign]
    desk.replay(path)
    assert Counter(article.origin for article in desk.articles()).most_common(1)[0][1] == 1
    assert len(desk.articles()) == 600
