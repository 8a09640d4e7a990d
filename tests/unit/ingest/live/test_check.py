"""`newsquake sources check` says of each source what it gives, and takes nothing in."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.bus.memory import MemoryBus, MemoryProducer
from core.errors import AccessDenied
from core.settings import load_settings
from core.store import open_store, upsert
from core.tables import cursors, origins
from ingest.live.check import check_all, check_source
from ingest.live.cursor import load_cursor
from ingest.sources.kafka.source import KafkaSource
from ingest.sources.loading import load_sources
from ingest.web.fetch import Answer, Fetcher, Unreachable

FEED = (
    b'<rss version="2.0"><channel><title>t</title><item><guid>1</guid><title>The bank has failed</title>'
    b"<pubDate>Mon, 19 Oct 1987 16:30:00 GMT</pubDate></item></channel></rss>"
)


class Web(Fetcher):
    def __init__(self, answer: bytes | Exception) -> None:
        self.answer = answer

    def get(self, url: str, **options: Any) -> Answer:
        if isinstance(self.answer, Exception):
            raise self.answer
        return Answer(url, 200, {}, self.answer)


@pytest.mark.parametrize(
    ("answer", "reachable", "parsed", "remark"),
    [
        (FEED, True, True, ""),
        (b"<html>moved</html>", True, False, "not a feed"),
        (Unreachable("x: answered 503"), False, False, "503"),
        (AccessDenied("x is 10.0.0.1, which is no public address"), False, False, "public address"),
        (AccessDenied("x: robots.txt forbids it"), False, False, "robots.txt"),
    ],
)
def test_each_source_is_told(tmp_path: Path, answer: Any, reachable: bool, parsed: bool, remark: str) -> None:
    source = {"name": "s", "kind": "feed", "url": "http://x.org/", "full_text": False}
    settings = load_settings(
        None, {"store": {"url": f"sqlite:///{tmp_path}/s.db"}, "ingest": {"sources": [source]}}, environ={}
    )
    store = open_store(settings.store)
    [spec] = load_sources(settings)
    found = check_source(spec, settings, Web(answer), store)
    assert (found.reachable, found.parsed) == (reachable, parsed)
    assert remark in found.remark
    if parsed:
        assert (found.items, found.new, found.languages) == (1, 1, ("en",))
        assert found.newest == 561_659_400_000
    with store.read() as connection:
        for table in (cursors, origins):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def sources_of(tmp_path: Path, *sources: dict[str, Any]) -> Any:
    settings = load_settings(
        None,
        {"store": {"url": f"sqlite:///{tmp_path}/s.db"}, "ingest": {"sources": list(sources)}},
        environ={},
    )
    return settings, load_sources(settings)


def test_sources_that_hang_do_not_wait_for_one_another(tmp_path: Path) -> None:
    together = threading.Barrier(16, timeout=60)

    class Hanging(Web):
        def get(self, url: str, **options: Any) -> Answer:
            together.wait()  # broken, and so another remark, unless sixteen wait at a time
            raise Unreachable(
                f"{url}: its robots.txt cannot be read (http://x.org/robots.txt: x.org: no answer in time)"
            )

    settings, specs = sources_of(
        tmp_path, *({"name": f"s{n}", "kind": "feed", "url": f"http://x.org/{n}"} for n in range(32))
    )
    found = list(check_all(specs, settings, Hanging(b"")))
    assert {one.remark for one in found} == {"its robots.txt cannot be read (x.org: no answer in time)"}


def test_new_counts_what_is_left_for_later_and_not_what_is_known(tmp_path: Path) -> None:
    class Site(Web):
        def get(self, url: str, **options: Any) -> Answer:
            body = "<p>The bank said that it has failed. " + "It will close. " * 40 + "</p>"
            links = "".join(f"<a href='/news/story-number-{n}-100{n}'>x</a>" for n in range(7))
            text = links if url.endswith("/list") else body
            return Answer(url, 200, {}, f"<html><body>{text}</body></html>".encode())

    settings, [spec] = sources_of(tmp_path, {"name": "p", "kind": "page", "url": "http://x.org/list"})
    store = open_store(settings.store)
    assert (
        check_source(spec, settings, Site(b""), store).items,
        found_new(spec, settings, store, Site(b"")),
    ) == (7, 7)
    cursor = load_cursor(store, "p")
    for number in range(3):
        cursor.note(f"http://x.org/news/story-number-{number}-100{number}", "")
    with store.write() as connection:
        upsert(connection, cursors, [cursor.row(0)])
    assert found_new(spec, settings, store, Site(b"")) == 4


def found_new(spec: Any, settings: Any, store: Any, web: Web) -> int:
    return check_source(spec, settings, web, store).new


def test_a_topic_is_looked_at_without_joining_its_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = MemoryBus()
    bus.logs["theirs"] = [[], []]
    bus.ids["theirs"] = "t"
    groups: list[object] = []
    consumer = bus.consumer
    monkeypatch.setattr(bus, "consumer", lambda *a, **k: groups.append(k.get("group")) or consumer(*a, **k))
    monkeypatch.setattr(
        "ingest.sources.kafka.source.KafkaSource",
        lambda spec, folder: KafkaSource(spec, folder, lambda _: bus),
    )
    settings, [spec] = sources_of(
        tmp_path,
        {
            "name": "k",
            "kind": "kafka",
            "address": "h:1",
            "topic": "theirs",
            "fields": {"id": "ref", "title": "head"},
        },
    )
    empty = check_source(spec, settings, Web(b""))
    assert (empty.reachable, empty.parsed, empty.remark) == (True, True, "nothing on it at present")
    producer = MemoryProducer(bus)
    for number in range(500):
        value = json.dumps({"head": f"The bank has failed {number}", "ref": str(number)}).encode()
        producer.send_bytes("theirs", value, schema="", key="", partition=number % 2)
    producer.send_bytes("theirs", b"{", schema="", key="", partition=0)
    producer.flush()
    found = check_source(spec, settings, Web(b""))
    assert (found.items, found.new, found.languages) == (400, 400, ("en",))
    assert found.remark == "1 of them would be dead letters"
    assert groups == [None, None]


def test_the_store_of_the_settings_in_this_folder_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest.cli.options import load
    from ingest.cli.sources import _store_if_there

    monkeypatch.chdir(tmp_path)
    (tmp_path / "newsquake.yaml").write_text(f"store:\n  url: sqlite:///{tmp_path}/mine.db\n")
    assert _store_if_there(load(None)) is None
    assert not (tmp_path / "mine.db").exists(), "looking makes none"
    open_store(load(None).store).close()
    assert _store_if_there(load(None)) is not None


def test_a_dump_written_just_now_is_no_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "new.jsonl").write_text('{"title": "The bank has failed"}\n')
    source = {"name": "inbox", "kind": "dump", "path": str(tmp_path / "*.jsonl"), "settle": "1h"}
    settings = load_settings(
        None, {"store": {"url": f"sqlite:///{tmp_path}/s.db"}, "ingest": {"sources": [source]}}, environ={}
    )
    [spec] = load_sources(settings)
    found = check_source(spec, settings, Web(b""), open_store(settings.store))
    assert found.remark == "1 file(s) written just now: read once they rest"
    (tmp_path / "new.jsonl").unlink()
    assert check_source(spec, settings, Web(b""), None).remark == "nothing on it at present"
