"""What every kind of source promises: news once, state that goes on, trouble told by the right error."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.bus.memory import MemoryBus, MemoryProducer
from core.errors import Refused, Retryable
from core.settings import BrokerSettings
from ingest.items.build import build
from ingest.items.item import SourceInfo
from ingest.live.cursor import Cursor, mark_of
from ingest.sources.api.settings import ApiSettings
from ingest.sources.api.source import ApiSource
from ingest.sources.contract import PollContext, PollResult, Source
from ingest.sources.dump.settings import DumpSettings
from ingest.sources.dump.source import DumpSource
from ingest.sources.feed.settings import FeedSettings
from ingest.sources.feed.source import FeedSource
from ingest.sources.field_paths import FieldPaths
from ingest.sources.kafka.settings import KafkaSettings
from ingest.sources.kafka.source import KafkaSource
from ingest.sources.page.settings import PageSettings
from ingest.sources.page.source import PageSource
from ingest.web.fetch import Answer, Fetcher, Unreachable

NOW = 1_700_000_000_000
BODY = "A body that is long enough to be an article of its own, with a number of words in it. " * 4


class Web(Fetcher):
    """Pages in memory; `down` makes everything unreachable."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.down = False

    def get(self, url: str, **options: Any) -> Answer:
        self.asked.append(url)
        if self.down:
            raise Unreachable(f"{url}: answered 503")
        if url not in self.pages:
            raise Refused(f"{url}: answered 404")
        return Answer(url, 200, {"content-type": ""}, self.pages[url])


@dataclass
class Rig:
    """A source, a way to publish on it, and to break it."""

    source: Source
    publish: Any
    web: Web
    cursor: Cursor = field(default_factory=lambda: Cursor("s"))
    unread: list[str] = field(default_factory=list)
    """What the last look could not read."""

    def poll(self) -> list[str]:
        """Titles that are new, as the live loop would take them."""
        context = PollContext(self.web, NOW, self.cursor.known)
        found: PollResult = self.source.poll(dict(self.cursor.source), context)
        titles = []
        self.cursor.showed(found.named)
        for item in found.items:
            record = build(item, SourceInfo("s"), NOW)
            revision = getattr(record, "revision", "")
            if self.cursor.known(item.key, mark_of(item, revision)):
                continue
            self.cursor.note(item.key, mark_of(item, revision))
            titles.append(getattr(record, "title", str(getattr(record, "reason", ""))))
        for key, mark in found.keys.items():
            self.cursor.note(key, mark)
        self.unread = [str(error) for error in found.unread]
        self.cursor.source = json.loads(json.dumps(found.state))
        if found.acknowledged:
            found.acknowledged()
        return titles


def html(title: str) -> bytes:
    article = f"<article><h1>{title}</h1><p>{BODY}</p></article>"
    return f"<html><head><title>{title}</title></head><body>{article}</body></html>".encode()


def feed_rig(tmp_path: Path) -> Rig:
    web = Web()
    titles: list[str] = []

    def publish(*new: str) -> None:
        titles.extend(new)
        items = "".join(
            f"<item><guid>{t}</guid><title>{t}</title><link>http://x.org/{t}</link><description>{BODY}</description></item>"
            for t in titles
        )
        web.pages["http://x.org/feed"] = (
            f'<rss version="2.0"><channel><title>c</title>{items}</channel></rss>'.encode()
        )

    return Rig(FeedSource(FeedSettings(name="s", kind="feed", url="http://x.org/feed")), publish, web)


def page_rig(tmp_path: Path) -> Rig:
    web = Web()
    titles: list[str] = []

    def publish(*new: str) -> None:
        titles.extend(new)
        for title in new:
            web.pages[f"http://x.org/news/{title}"] = html(title)
        links = "".join(f'<li><a href="/news/{title}?utm_source=list">{title}</a></li>' for title in titles)
        web.pages["http://x.org/list"] = (
            f"<html><body><a href='/about'>About</a><ul>{links}</ul></body></html>".encode()
        )

    return Rig(PageSource(PageSettings(name="s", kind="page", url="http://x.org/list")), publish, web)


def api_rig(tmp_path: Path) -> Rig:
    web = Web()
    entries: list[dict[str, Any]] = []

    def publish(*new: str) -> None:
        entries[:0] = [
            {"ref": title, "text": {"head": title, "body": BODY}, "at": "2023-11-01T10:00:00Z"}
            for title in new
        ]
        for page in range(0, len(entries), 2):
            number = page // 2 + 1
            data = {
                "result": {"list": entries[page : page + 2]},
                "next": f"/api?page={number + 1}" if page + 2 < len(entries) else None,
            }
            web.pages[f"http://x.org/api{'' if number == 1 else f'?page={number}'}"] = json.dumps(
                data
            ).encode()

    spec = ApiSettings(
        name="s", kind="api", url="http://x.org/api", items="result.list", next_path="next",
        fields=FieldPaths(id="ref", title="text.head", body="text.body", published_at="at"),
    )  # fmt: skip
    return Rig(ApiSource(spec), publish, web)


def dump_rig(tmp_path: Path) -> Rig:
    folder = tmp_path / "inbox"
    folder.mkdir()
    count = [0]

    def publish(*new: str) -> None:
        count[0] += 1
        rows = [{"date": "2023-11-01T10:00:00Z", "title": title, "body": BODY} for title in new]
        path = folder / f"{count[0]}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        os.utime(path, (NOW / 1000 - 60, NOW / 1000 - 60))

    return Rig(
        DumpSource(DumpSettings(name="s", kind="dump", path="inbox", settle=0), tmp_path), publish, Web()
    )


def kafka_rig(tmp_path: Path) -> Rig:
    bus = MemoryBus()
    bus.ensure_topics(1)
    bus.logs["theirs"] = [[]]
    bus.ids["theirs"] = "t"
    producer = MemoryProducer(bus)

    def publish(*new: str) -> None:
        for title in new:
            value = json.dumps({"headline": title, "story": BODY, "ref": title}).encode()
            producer.send_bytes("theirs", value, schema="", key="", partition=0)
        producer.flush()

    fields = FieldPaths(id="ref", title="headline", body="story")
    spec = KafkaSettings(name="s", kind="kafka", address="h:1", topic="theirs", fields=fields)
    return Rig(KafkaSource(spec, tmp_path, lambda settings: _as_bus(bus, settings)), publish, Web())


def _as_bus(bus: MemoryBus, settings: BrokerSettings) -> MemoryBus:
    return bus


KINDS = {"feed": feed_rig, "page": page_rig, "api": api_rig, "dump": dump_rig, "kafka": kafka_rig}


@pytest.fixture(params=sorted(KINDS))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    found = KINDS[request.param](tmp_path)
    yield found
    found.source.close()


def test_news_comes_once(rig: Rig) -> None:
    rig.publish("first-big-story-10001", "second-big-story-10002", "third-big-story-10003")
    assert sorted(rig.poll()) == ["first-big-story-10001", "second-big-story-10002", "third-big-story-10003"]
    assert rig.poll() == []
    rig.publish("fourth-big-story-10004")
    assert rig.poll() == ["fourth-big-story-10004"]


def test_state_survives_being_stored(rig: Rig) -> None:
    rig.publish("first-big-story-10001")
    assert rig.poll() == ["first-big-story-10001"]
    row = rig.cursor.row(NOW)
    rig.cursor = Cursor("s", json.loads(row["state"]), row["read"])
    rig.publish("second-big-story-10002")
    assert rig.poll() == ["second-big-story-10002"]


def test_state_lost_before_it_was_stored_repeats_and_loses_nothing(rig: Rig) -> None:
    rig.publish("first-big-story-10001")
    before = rig.cursor.row(NOW)
    context = PollContext(rig.web, NOW, rig.cursor.known)
    assert len(rig.source.poll(dict(rig.cursor.source), context).items) == 1
    rig.source.close()  # a kill: nothing was acknowledged
    rig.cursor = Cursor("s", json.loads(before["state"]), before["read"])
    assert rig.poll() == ["first-big-story-10001"]


@pytest.mark.parametrize("kind", ["feed", "page", "api"])
def test_server_that_is_away_is_retryable_and_a_wrong_answer_is_refused(kind: str, tmp_path: Path) -> None:
    rig = KINDS[kind](tmp_path)
    rig.publish("first-big-story-10001")
    rig.web.down = True
    with pytest.raises(Retryable):
        rig.poll()
    rig.web.down = False
    for url in list(rig.web.pages):
        rig.web.pages[url] = b"<html><body>We are moving house</body></html>"
    with pytest.raises(Refused):
        rig.poll()


def test_known_pages_are_not_fetched_again(tmp_path: Path) -> None:
    rig = page_rig(tmp_path)
    rig.publish("first-big-story-10001")
    rig.poll()
    rig.poll()
    assert rig.web.asked.count("http://x.org/news/first-big-story-10001") == 1


def test_feed_with_summaries_fetches_the_page_and_falls_back_to_the_summary(tmp_path: Path) -> None:
    web = Web()
    items = "".join(
        f"<item><guid>{n}</guid><title>T{n}</title><link>http://x.org/{n}</link><description>Short.</description></item>"
        for n in (1, 2)
    )
    web.pages["http://x.org/feed"] = (
        f'<rss version="2.0"><channel><title>c</title>{items}</channel></rss>'.encode()
    )
    web.pages["http://x.org/1"] = html("T1")
    source = FeedSource(FeedSettings(name="s", kind="feed", url="http://x.org/feed"))
    one, two = source.poll({}, PollContext(web, NOW, lambda key, mark="": False)).items
    assert one.body.startswith("A body that is long enough")
    assert (two.body, two.flags) == ("Short.", ("summary_only",))


def test_new_revision_of_a_known_item_is_taken(tmp_path: Path) -> None:
    rig = feed_rig(tmp_path)
    rig.publish("first-big-story-10001")
    rig.poll()
    rig.web.pages["http://x.org/feed"] = rig.web.pages["http://x.org/feed"].replace(
        b"<title>first", b"<title>CORRECTED first"
    )
    assert rig.poll() == ["CORRECTED first-big-story-10001"]


def test_watched_file_goes_on_at_the_row_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.sources.dump.source.ROWS_A_POLL", 1000)
    rig = dump_rig(tmp_path)
    rig.publish(*(f"story {number}" for number in range(3500)))
    seen = [len(rig.poll()) for _ in range(5)]
    assert sum(seen) == 3500
    assert max(seen) <= 1000
    (tmp_path / "inbox" / "1.jsonl").rename(tmp_path / "inbox" / "renamed.jsonl")
    assert rig.poll() == [], "a renamed file is the same file"


def test_broken_record_of_a_foreign_topic_is_a_dead_letter_and_costs_no_other(tmp_path: Path) -> None:
    rig = kafka_rig(tmp_path)
    bus = rig.source._connect(BrokerSettings())  # type: ignore[attr-defined]
    producer = bus.producer()
    producer.send_bytes("theirs", b"\xff{", schema="", key="", partition=0)
    producer.flush()
    rig.publish("after")
    assert rig.poll() == ["bad_json", "after"]


def test_a_list_in_the_titles_place_is_a_dead_letter_with_a_reason(tmp_path: Path) -> None:
    from ingest.sources.feed.parsing import parse_feed

    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"id": "1", "title": ["a"], "content_text": BODY}, "no object", {"id": "2", "title": "b"}],
    }
    records = [build(item, SourceInfo("s"), NOW) for item in parse_feed(json.dumps(feed).encode())]
    assert [str(getattr(record, "detail", "")) for record in records] == [
        "title: expected text, got list", "expected a JSON object", "",
    ]  # fmt: skip
    rig = api_rig(tmp_path)
    rig.web.pages["http://x.org/api"] = json.dumps(
        {"result": {"list": [{"ref": "1", "text": {"head": {"en": "t"}, "body": BODY}}]}}
    ).encode()
    assert rig.poll() == ["bad_row"]
    rig = dump_rig(tmp_path)
    rig.publish(["a list"])
    assert rig.poll() == ["bad_row"]


def test_sitemap_gives_links_newest_first_and_refuses_a_dtd() -> None:
    from ingest.sources.page.links import links_of

    sitemap = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
      <url><loc>http://x.org/old</loc><lastmod>2023-01-01</lastmod></url>
      <url><loc>http://x.org/new</loc><lastmod>2023-02-01</lastmod></url></urlset>"""
    assert [url for url, _ in links_of(sitemap, "http://x.org/s.xml")] == [
        "http://x.org/new",
        "http://x.org/old",
    ]
    with pytest.raises(Refused, match="broken sitemap"):
        links_of(b'<!DOCTYPE x [<!ENTITY a "b">]>' + sitemap, "http://x.org/s.xml")
