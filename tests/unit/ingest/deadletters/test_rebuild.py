"""A dead letter tried again gives the article that its source would have given: same id, revision, publisher, times."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from sqlalchemy import select

from core.bus.base import RAW, Received
from core.bus.memory import MemoryBus
from core.clock import ManualClock
from core.deadletter import KEPT_BYTES, PAYLOAD_BYTES, publish_dead_letters
from core.records import Article, DeadLetter, decode
from core.settings import Settings, load_settings
from core.stage import Stage
from core.store import Store, open_store
from core.tables import dead, origins, pending
from ingest.deadletters import reprocess, stored
from ingest.items.build import build
from ingest.live.publisher import ArticlePublisher
from ingest.replay.options import ReplayOptions
from ingest.sources.contract import PollContext
from ingest.sources.info import source_info
from ingest.sources.loading import load_sources
from ingest.sources.registry import create_source
from ingest.web.fetch import Answer, Fetcher
from ingest.worker import run

NOW = 1_700_000_000_000
LATER = NOW + 86_400_000
BODY = "Die Zentralbank hat am Donnerstag den Leitzins angehoben, und die Börse gab nach. " * 16
RSS = """<rss version="2.0"><channel><title>c</title><language>de</language><item><guid>1</guid><title>Zins</title>
<link>/art/1?utm_source=x</link><author>A. Bee</author><category>Geld</category>
<pubDate>Thu, 09 Nov 2023 10:30:00</pubDate><description>%s</description></item></channel></rss>"""
ENTRY = {"uid": 7, "link": "/n/7", "head": "Zins", "text": BODY, "ts": "2023-11-09 10:30", "tickers": ["DB"]}
PAGE = f"""<html lang="de"><head><title>Zins</title><meta property="article:published_time" content="2023-11-09 10:30">
</head><body><article><h1>Zins</h1><p>{BODY}</p></article></body></html>"""


class Web(Fetcher):
    def __init__(self, pages: dict[str, Answer]) -> None:
        self.pages = pages

    def get(self, url: str, **options: Any) -> Answer:
        return self.pages[url]


def answer(url: str, text: str | bytes, kind: str = "") -> Answer:
    return Answer(url, 200, {"content-type": kind}, text if isinstance(text, bytes) else text.encode())


def settings_of(folder: Path, spec: Mapping[str, Any], limit: int = 900_000) -> Settings:
    common = {
        "name": "s",
        "timezone": "Europe/Berlin",
        "trust": 0.5,
        "publisher": "p.example",
        "language": "de",
    }
    overrides = {
        "store": {"url": f"sqlite:///{folder}/s.db"}, "data_dir": str(folder),
        "ingest": {"max_article_bytes": limit, "sources": [{**common, **spec}]},
    }  # fmt: skip
    return load_settings(None, overrides, environ={})


def poll(settings: Settings, folder: Path, web: Web) -> list[Article | DeadLetter]:
    [spec] = load_sources(settings)
    source = create_source(spec, folder)
    assert source is not None
    found = source.poll({}, PollContext(web, NOW, lambda key, mark="": False))
    source.close()
    return [build(item, source_info(spec, settings), NOW) for item in found.items]


def replayed(settings: Settings, store: Store, letters: list[DeadLetter]) -> list[Article]:
    """What reaches the broker; twice tried, so that once is seen to be enough."""
    bus = MemoryBus()
    bus.ensure_topics(settings.broker.partitions)
    publish_dead_letters(letters, bus.producer(), store, "ingest")
    outcome = reprocess.replay(settings, store, bus, source="s", clock=ManualClock(LATER))
    assert (outcome.sent, outcome.still_dead) == (len(letters), 0), outcome.why
    assert reprocess.replay(settings, store, bus, source="s", clock=ManualClock(LATER)).sent == 0
    found = [decode(record.value, record.schema) for part in bus.logs[RAW] for record in part]
    return [record for record in found if isinstance(record, Article)]


FEED = {"kind": "feed", "url": "http://x.org/feed"}
FIELDS = {
    "id": "uid",
    "url": "link",
    "title": "head",
    "body": "text",
    "published_at": "ts",
    "tickers": "tickers",
}
API = {"kind": "api", "url": "http://x.org/api", "fields": FIELDS}
JSON_FEED = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "language": "de",
     "items": [{"id": "1", "url": "/art/1", "title": "Zins", "content_text": BODY,
                "date_published": "2023-11-09 10:30"}]}
)  # fmt: skip
WEB = Web(
    {
        "http://x.org/feed": answer("http://x.org/feed", RSS % BODY),
        "http://x.org/short": answer("http://x.org/short", RSS % "Kurz."),
        "http://x.org/json": answer("http://x.org/json", JSON_FEED),
        "http://x.org/art/1?utm_source=x": answer(
            "http://x.org/art/1", PAGE.encode("cp1252"), "text/html; charset=cp1252"
        ),
        "http://x.org/api": answer("http://x.org/api", json.dumps([ENTRY])),
        "http://x.org/list": answer(
            "http://x.org/list", '<html><body><a href="/news/a-b-c-d">a</a></body></html>'
        ),
        "http://x.org/news/a-b-c-d": answer(
            "http://x.org/news/a-b-c-d", PAGE.encode("cp1252"), "text/html; charset=cp1252"
        ),
    }
)


@pytest.mark.parametrize(
    "spec",
    [
        FEED,
        {"kind": "feed", "url": "http://x.org/short"},
        {"kind": "feed", "url": "http://x.org/json"},
        API,
        {"kind": "page", "url": "http://x.org/list"},
    ],
    ids=["feed", "feed with page", "json feed", "api", "page"],
)
def test_article_over_the_limit_is_the_same_once_the_limit_is_raised(
    tmp_path: Path, spec: dict[str, Any]
) -> None:
    [letter] = poll(settings_of(tmp_path, spec, 1000), tmp_path, WEB)
    assert isinstance(letter, DeadLetter)
    assert (letter.reason, letter.error) == ("too_large", "InvalidRecord")
    fixed = settings_of(tmp_path, spec)
    [wanted] = poll(fixed, tmp_path, WEB)
    assert isinstance(wanted, Article)
    assert BODY[:60] in wanted.body
    [found] = replayed(fixed, open_store(fixed.store), [letter])
    assert found == msgspec.structs.replace(wanted, origin=letter.origin, available_at=LATER)


def test_mapping_that_named_no_text_is_mended(tmp_path: Path) -> None:
    wrong = {**API, "fields": {**FIELDS, "title": "header", "body": "txt"}}
    [letter] = poll(settings_of(tmp_path, wrong), tmp_path, WEB)
    assert isinstance(letter, DeadLetter)
    assert letter.reason == "no_text"
    fixed = settings_of(tmp_path, API)
    [wanted] = poll(fixed, tmp_path, WEB)
    assert isinstance(wanted, Article)
    [found] = replayed(fixed, open_store(fixed.store), [letter])
    assert found == msgspec.structs.replace(wanted, origin=letter.origin, available_at=LATER)


def test_record_of_a_topic_without_id_keeps_its_place_for_one(tmp_path: Path) -> None:
    from ingest.sources.kafka.settings import KafkaSettings
    from ingest.sources.kafka.source import KafkaSource

    def record_of(settings: Settings) -> Article | DeadLetter:
        [spec] = load_sources(settings)
        assert isinstance(spec, KafkaSettings)
        received = Received("news", 3, 14, b"", json.dumps({"text": BODY}).encode(), "")
        return build(KafkaSource(spec)._item(received), source_info(spec, settings), NOW)

    spec = {"kind": "kafka", "address": "k:9092", "topic": "news"}
    letter = record_of(settings_of(tmp_path, {**spec, "fields": {"title": "head"}}))
    assert isinstance(letter, DeadLetter)
    fixed = settings_of(tmp_path, {**spec, "fields": {"body": "text"}})
    wanted = record_of(fixed)
    assert isinstance(wanted, Article)
    [found] = replayed(fixed, open_store(fixed.store), [letter])
    assert found == msgspec.structs.replace(wanted, origin=letter.origin, available_at=LATER)


ROW = {"when": "2023-11-09 10:30", "headline": "", "kopf": "Zins", "inhalt": BODY, "desk": "fx"}


def write(folder: Path, kind: str) -> str:
    name = f"in.{kind}"
    frame = pd.DataFrame([ROW])
    if kind == "jsonl":
        (folder / name).write_text(json.dumps(ROW) + "\n")
    elif kind == "csv":
        frame.to_csv(folder / name, index=False)
    else:
        frame.assign(when=pd.to_datetime(frame["when"])).to_parquet(folder / name)
    os.utime(folder / name, (NOW / 1000 - 60, NOW / 1000 - 60))  # it rests
    return name


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_row_of_a_watched_dump_is_read_again_by_the_columns_now(tmp_path: Path, kind: str) -> None:
    told = {"published_at": "when", "title": "headline", "extra.desk": "desk"}
    spec = {"kind": "dump", "path": write(tmp_path, kind), "settle": "0s"}
    [letter] = poll(settings_of(tmp_path, {**spec, "columns": told}), tmp_path, WEB)
    assert isinstance(letter, DeadLetter)
    assert letter.reason == "no_text"
    json.loads(letter.payload)
    if kind == "parquet":  # of which only the columns that mean something are read
        return
    fixed = settings_of(tmp_path, {**spec, "columns": {**told, "title": "kopf", "body": "inhalt"}})
    [wanted] = poll(fixed, tmp_path, WEB)
    assert isinstance(wanted, Article)
    [found] = replayed(fixed, open_store(fixed.store), [letter])
    assert found == msgspec.structs.replace(wanted, origin=letter.origin, available_at=LATER)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_row_over_the_limit_of_a_watched_dump_is_the_same_once_it_is_raised(
    tmp_path: Path, kind: str
) -> None:
    told = {"published_at": "when", "title": "kopf", "body": "inhalt", "extra.desk": "desk"}
    spec = {"kind": "dump", "path": write(tmp_path, kind), "settle": "0s", "columns": told}
    [letter] = poll(settings_of(tmp_path, spec, 1000), tmp_path, WEB)
    assert isinstance(letter, DeadLetter)
    fixed = settings_of(tmp_path, spec)
    [wanted] = poll(fixed, tmp_path, WEB)
    assert isinstance(wanted, Article)
    [found] = replayed(fixed, open_store(fixed.store), [letter])
    assert found == msgspec.structs.replace(wanted, origin=letter.origin, available_at=LATER)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_row_of_a_replayed_dump_keeps_columns_source_and_delay(tmp_path: Path, kind: str) -> None:
    told = {"published_at": "when", "title": "kopf", "body": "inhalt", "extra.desk": "desk"}
    options = ReplayOptions(tmp_path / write(tmp_path, kind), columns=told, source="s", delay_ms=900_000)

    def replay(settings: Settings) -> tuple[MemoryBus, Store]:
        bus, store = MemoryBus(), open_store(settings.store)
        run(settings, bus, store, Stage("ingest", store), options)
        return bus, store

    def articles(bus: MemoryBus) -> list[Article]:
        found = [decode(record.value, record.schema) for part in bus.logs[RAW] for record in part]
        return [record for record in found if isinstance(record, Article)]

    other = tmp_path / "other"
    other.mkdir()
    [wanted] = articles(replay(settings_of(other, FEED))[0])
    bus, store = replay(settings_of(tmp_path, FEED, 1000))
    assert articles(bus) == []
    outcome = reprocess.replay(settings_of(tmp_path, FEED), store, bus, reason="too_large")
    assert (outcome.sent, outcome.still_dead) == (1, 0), outcome.why
    assert articles(bus) == [wanted]


def test_columns_of_a_replay_can_be_put_right(tmp_path: Path) -> None:
    path = tmp_path / write(tmp_path, "csv")
    settings = settings_of(tmp_path, FEED)
    bus, store = MemoryBus(), open_store(settings.store)
    told = {"published_at": "when", "title": "headline"}
    run(settings, bus, store, Stage("ingest", store), ReplayOptions(path, columns=told, source="s"))
    assert reprocess.replay(settings, store, bus, reason="no_text").sent == 0
    right = {**told, "title": "kopf", "body": "inhalt"}
    assert reprocess.replay(settings, store, bus, reason="no_text", columns=right).sent == 1


def test_a_large_payload_is_kept_whole_and_what_is_cut_says_so(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, API)
    store = open_store(settings.store)
    for size, whole in ((PAYLOAD_BYTES + 100_000, True), (KEPT_BYTES + 1, False)):
        pages = {"http://x.org/api": answer("http://x.org/api", json.dumps([{**ENTRY, "text": "x" * size}]))}
        [letter] = poll(settings_of(tmp_path, API, 1000), tmp_path, Web(pages))
        assert isinstance(letter, DeadLetter)
        bus = MemoryBus()
        bus.ensure_topics(settings.broker.partitions)
        publish_dead_letters([letter], bus.producer(), store, "ingest")
        assert stored.get(store, letter.origin).whole is whole
        outcome = reprocess.replay(settings, store, bus, origins=[letter.origin])
        assert outcome.sent == whole
        assert whole or "too large to be kept whole" in outcome.why[letter.origin]


def test_source_that_is_no_more_is_said(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, API, 1000)
    store, bus = open_store(settings.store), MemoryBus()
    letters = [found for found in poll(settings, tmp_path, WEB) if isinstance(found, DeadLetter)]
    bus.ensure_topics(settings.broker.partitions)
    publish_dead_letters(letters, bus.producer(), store, "ingest")
    outcome = reprocess.replay(
        settings_of(tmp_path, {**API, "name": "other"}), store, bus, reason="too_large"
    )
    assert outcome.sent == 0
    assert "no source 's' in the settings" in outcome.why[letters[0].origin]


def test_without_a_broker_named_the_running_ingest_sends_it_once(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, API)
    store, bus = open_store(settings.store), MemoryBus(durable=False)
    bus.ensure_topics(settings.broker.partitions)
    letters = [f for f in poll(settings_of(tmp_path, API, 1000), tmp_path, WEB) if isinstance(f, DeadLetter)]
    publish_dead_letters(letters, bus.producer(), store, "ingest")
    origins_of = ArticlePublisher(settings, bus, store, Stage("ingest", store))
    assert origins_of.send_pending() == 0
    assert reprocess.replay(settings, store, None, source="s", clock=ManualClock(LATER)).sent == 1
    assert reprocess.replay(settings, store, None, source="s", clock=ManualClock(LATER)).sent == 0
    with store.read() as connection:
        assert connection.execute(select(origins)).all() == []
        assert connection.execute(select(dead.c.status)).scalars().all() == ["replayed"]
        assert len(connection.execute(select(pending)).all()) == 1
    assert (origins_of.send_pending(), origins_of.send_pending()) == (1, 0)
    found = [decode(record.value, record.schema) for part in bus.logs[RAW] for record in part]
    [article] = [record for record in found if isinstance(record, Article)]
    [wanted] = poll(settings, tmp_path, WEB)
    assert isinstance(wanted, Article)
    assert (article.id, article.first_seen_at, article.origin) == (wanted.id, NOW, letters[0].origin)
