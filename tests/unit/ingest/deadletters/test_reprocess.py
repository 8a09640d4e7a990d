"""Dead letters can be looked at, tried again after a fix, and forgotten; trying twice changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.bus.base import RAW
from core.bus.memory import MemoryBus
from core.deadletter import dead_letter, publish_dead_letters
from core.errors import BusUnavailable, ConfigError, Reason
from core.records import Article, decode, encode
from core.settings import Settings, load_settings
from core.stage import Stage
from core.store import Store, insert_absent, open_store
from core.tables import origins
from ingest.cli import deadletters as cli
from ingest.deadletters import reprocess, stored
from ingest.replay.options import ReplayOptions
from ingest.worker import run


class World:
    def __init__(self, folder: Path, **ingest: Any) -> None:
        self.folder = folder
        self.settings: Settings = self.with_limit(2000)
        self.store: Store = open_store(self.settings.store)
        self.bus = MemoryBus()
        rows: list[dict[str, Any]] = [
            {"date": "2016-01-28T10:00:00Z", "title": "Too long", "body": "x" * 5000},
            {"date": "2016-01-28T10:00:00Z", "title": ""},
            {"date": "whenever", "title": "No time"},
            {"date": "2016-01-28T11:00:00Z", "title": "Good"},
        ]
        (folder / "wire.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        run(
            self.settings,
            self.bus,
            self.store,
            Stage("ingest", self.store),
            ReplayOptions(folder / "wire.jsonl"),
        )

    def with_limit(self, limit: int) -> Settings:
        overrides = {
            "store": {"url": f"sqlite:///{self.folder}/s.db"}, "data_dir": str(self.folder),
            "ingest": {"max_article_bytes": limit},
        }  # fmt: skip
        return load_settings(None, overrides, environ={})

    def articles(self) -> list[Article]:
        found = [decode(record.value, record.schema) for part in self.bus.logs[RAW] for record in part]
        return [record for record in found if isinstance(record, Article)]

    def kinds(self) -> dict[str, int]:
        statement = select(origins.c.kind, func.count()).group_by(origins.c.kind)
        with self.store.read() as connection:
            return dict(connection.execute(statement).tuples().all())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_letters_are_listed_with_reason_and_original_bytes(world: World) -> None:
    found = stored.find(world.store)
    assert sorted(letter.reason for letter in found) == ["no_text", "no_time", "too_large"]
    assert stored.counts(world.store) == {"no_text": 1, "no_time": 1, "too_large": 1}
    [letter] = stored.find(world.store, reason="no_time")
    assert json.loads(stored.get(world.store, letter.origin).payload)["title"] == "No time"
    assert stored.find(world.store, source="elsewhere") == []


def test_replay_after_a_fix_sends_once_and_keeps_the_origin(world: World) -> None:
    [letter] = stored.find(world.store, reason="too_large")
    fixed = world.with_limit(900_000)
    assert reprocess.replay(fixed, world.store, world.bus, reason="too_large").sent == 1
    again = reprocess.replay(fixed, world.store, world.bus, reason="too_large")
    assert (again.sent, again.skipped) == (0, 1)
    [article] = [found for found in world.articles() if found.title == "Too long"]
    assert article.origin == letter.origin
    assert article.source == "wire"
    assert article.available_at == article.published_at, "a dump's row keeps its event time"
    with world.store.write() as connection:  # what the alert worker does with all it reads
        rows = [{"origin": found.origin, "kind": "article", "source": "wire"} for found in world.articles()]
        insert_absent(connection, origins, rows)
    assert world.kinds() == {"article": 2, "dead": 2}


def test_replay_without_a_fix_leaves_it_dead(world: World) -> None:
    outcome = reprocess.replay(world.settings, world.store, world.bus, reason="no_text")
    assert (outcome.sent, outcome.still_dead) == (0, 1)
    [letter] = stored.find(world.store, reason="no_text")
    assert (letter.status, letter.attempts) == ("dead", 2)


def test_letter_that_dies_again_is_dead_again(world: World) -> None:
    [letter] = stored.find(world.store, reason="too_large")
    reprocess.replay(world.with_limit(900_000), world.store, world.bus, origins=[letter.origin])
    assert stored.get(world.store, letter.origin).status == "replayed"
    producer = world.bus.producer()
    publish_dead_letters(
        [dead_letter(origin=letter.origin, reason=Reason.MODEL_FAILED, payload=b"{}", at=1)],
        producer,
        world.store,
        "t",
    )
    found = stored.get(world.store, letter.origin)
    assert (found.status, found.attempts) == ("dead", 2)


def test_what_died_behind_ingest_is_sent_as_it_stood_on_the_topic(world: World) -> None:
    article = world.articles()[0]
    letter = dead_letter(
        origin=article.origin, reason=Reason.MODEL_FAILED, payload=encode(article), at=1, source="wire",
        topic=RAW,
    )  # fmt: skip
    publish_dead_letters([letter], world.bus.producer(), world.store, "classifier")
    assert reprocess.replay(world.settings, world.store, world.bus, origins=[article.origin]).sent == 1
    assert [found.id for found in world.articles()].count(article.id) == 2


def test_purge_forgets_the_bytes_and_not_that_it_died(world: World) -> None:
    assert stored.purge(world.store, reason="no_time") == 1
    assert stored.purge(world.store, reason="no_time") == 0
    [letter] = stored.find(world.store, reason="no_time", status="purged")
    assert letter.payload == b""
    assert world.kinds()["dead"] == 3
    assert reprocess.replay(world.settings, world.store, world.bus, reason="no_time").sent == 0


def test_wrong_words_are_said(world: World) -> None:
    with pytest.raises(ConfigError, match="unknown reason 'boring'"):
        stored.find(world.store, reason="boring")
    with pytest.raises(ConfigError, match="no dead letter with origin 'nope'"):
        stored.get(world.store, "nope")
    with pytest.raises(ConfigError, match="no dead letter with origin 'nope'"):
        reprocess.replay(world.settings, world.store, world.bus, origins=["nope"])


def test_purge_says_what_is_wrong_before_it_asks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda text: bool(asked.append(text)))
    url = world.settings.store.url
    with pytest.raises(ConfigError, match="unknown reason 'bogus'"):
        cli.dlq_purge(store=url, reason="bogus")
    cli.dlq_purge(store=url, reason="bad_json")
    assert asked == []
    with pytest.raises(ConfigError, match="nothing done"):
        cli.dlq_purge(store=url, reason="no_time")
    assert asked == ["Forget the original bytes of 1 dead letter(s) for good?"]


def test_replay_without_a_broker_says_who_sends_and_what_is_still_dead(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    url = world.settings.store.url
    cli.dlq_replay(store=url, reason="too_large")
    assert "1 on their way, 0 still dead" in (out := capsys.readouterr().out)
    assert "`newsquake up` sends them" in out
    cli.dlq_replay(store=url, reason="no_time")
    assert "no_time: date 'whenever'" in capsys.readouterr().out


def test_with_the_broker_away_a_letter_stays_dead_and_settled(world: World) -> None:
    world.bus.fail_next()
    with pytest.raises(BusUnavailable):
        reprocess.replay(world.with_limit(900_000), world.store, world.bus, reason="too_large")
    assert world.kinds()["dead"] == 3
    assert reprocess.replay(world.with_limit(900_000), world.store, world.bus, reason="too_large").sent == 1
