"""Live ingestion keeps its promises with sources that fail, a broker that goes away and a process that dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.bus.base import RAW
from core.bus.memory import MemoryBus
from core.clock import ManualClock
from core.errors import BusUnavailable, Refused
from core.records import Article, DeadLetter, Health, Marker, decode
from core.settings import Settings, load_settings
from core.stage import Stage
from core.store import Store, insert_absent, open_store, upsert
from core.tables import cursors, dead, health, in_flight, origins, pending
from ingest.items.build import build
from ingest.items.item import NewsItem, SourceInfo
from ingest.live.cursor import Cursor, load_cursor
from ingest.live.publisher import ArticlePublisher, PublishBatch
from ingest.live.runner import LiveRunner
from ingest.web.fetch import Answer, Fetcher, Unreachable
from tests.support.waiting import wait_until

NOW = 1_700_000_000_000
BODY = "Enough words to be a whole article, so that no page has to be fetched for it. " * 5


class Web(Fetcher):
    def __init__(self) -> None:
        self.feeds: dict[str, list[str] | Exception] = {}
        self.asked: list[str] = []

    def get(self, url: str, **options: Any) -> Answer:
        self.asked.append(url)
        found = self.feeds[url]
        if isinstance(found, Exception):
            raise found
        items = "".join(
            f"<item><guid>{t}</guid><title>{t}</title><description>{BODY}</description></item>" for t in found
        )
        return Answer(
            url, 200, {}, f'<rss version="2.0"><channel><title>c</title>{items}</channel></rss>'.encode()
        )

    def close(self) -> None: ...


class World:
    def __init__(self, folder: Path, *names: str, durable: bool = True, **spec: object) -> None:
        sources = [
            {"name": name, "kind": "feed", "url": f"http://{name}.org/feed", "every": "1s", "jitter": "0s", **spec}
            for name in names
        ]  # fmt: skip
        overrides = {"store": {"url": f"sqlite:///{folder}/s.db"}, "ingest": {"sources": sources}}
        self.settings: Settings = load_settings(None, overrides, environ={})
        self.store: Store = open_store(self.settings.store)
        self.bus = MemoryBus(durable=durable)
        self.web = Web()
        self.clock: ManualClock | None = None
        self.stage = Stage("ingest", self.store)

    def start(self) -> threading.Thread:
        self.stage = Stage("ingest", self.store, self.clock)
        live = LiveRunner(self.settings, self.bus, self.store, self.stage, self.web)
        thread = threading.Thread(target=live.run)
        thread.start()
        return thread

    def until(self, condition: Any, within_s: float = 30.0) -> None:
        wait_until(condition, within_s=within_s)

    def run_until(self, condition: Any) -> None:
        thread = self.start()
        try:
            self.until(condition)
        finally:
            self.stage.stop()
            thread.join(20)
        assert not thread.is_alive()

    def log(self) -> list[Any]:
        if RAW not in self.bus.logs:
            return []
        return [decode(record.value, record.schema) for part in self.bus.logs[RAW] for record in part]

    def articles(self) -> list[Article]:
        return [record for record in self.log() if isinstance(record, Article)]

    def value(self, statement: Any) -> Any:
        with self.store.read() as connection:
            return connection.execute(statement).scalar_one()

    def settle(self) -> None:
        rows = [{"origin": a.origin, "kind": "article", "source": a.source} for a in self.articles()]
        with self.store.write() as connection:
            insert_absent(connection, origins, rows)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield World(tmp_path, "one", "two")


def test_news_is_sent_once_counted_and_followed_by_markers(world: World) -> None:
    world.web.feeds = {"http://one.org/feed": ["a", "b"], "http://two.org/feed": ["c"]}
    started = time.time_ns() // 1_000_000

    def enough() -> bool:
        return len(world.articles()) == 3 and sum(isinstance(r, Marker) for r in world.log()) >= 8

    world.run_until(enough)
    assert sorted(article.title for article in world.articles()) == ["a", "b", "c"]
    assert world.value(select(func.sum(cursors.c.read))) == 3
    for article in world.articles():
        assert article.first_seen_at >= started - 1000
        assert article.available_at >= article.first_seen_at
    for part in world.bus.logs[RAW]:
        newest = 0
        for record in (decode(record.value, record.schema) for record in part):
            if isinstance(record, Marker):
                newest = record.t
            elif isinstance(record, Article):
                assert record.available_at >= newest, "a marker had promised that nothing older follows"


def test_restart_sends_nothing_again(world: World) -> None:
    world.web.feeds = {"http://one.org/feed": ["a", "b"], "http://two.org/feed": ["c"]}
    world.run_until(
        lambda: world.value(select(func.count()).select_from(cursors)) == 2 and len(world.articles()) == 3
    )
    world.web.feeds["http://one.org/feed"] = ["a", "b", "d"]
    world.run_until(lambda: len(world.articles()) == 4)
    assert sorted(article.title for article in world.articles()) == ["a", "b", "c", "d"]


def test_one_bad_source_costs_no_other_and_is_left_alone_for_a_while(world: World) -> None:
    world.web.feeds = {
        "http://one.org/feed": Unreachable("one: answered 503", after_s=3600),
        "http://two.org/feed": ["c"],
    }

    def enough() -> bool:
        asked = world.web.asked.count("http://two.org/feed")
        return (
            len(world.articles()) == 1
            and asked >= 3
            and load_cursor(world.store, "one").breaker.failures == 1
        )

    world.run_until(enough)
    assert world.web.asked.count("http://one.org/feed") == 1
    breaker = load_cursor(world.store, "one").breaker
    assert breaker.retry_at > time.time() * 1000 + 3_500_000
    assert "503" in breaker.error


def test_a_source_that_fails_is_counted_for_the_live_status(world: World) -> None:
    world.web.feeds = {"http://one.org/feed": Refused("answered 404"), "http://two.org/feed": ["c"]}
    world.run_until(lambda: world.stage.gauges.get("sources_failing") == 1)
    assert (world.stage.gauges["sources"], world.stage.gauges["sources_broken"]) == (2, 0)
    cursor = load_cursor(world.store, "one")
    for _ in range(2):
        cursor.breaker.failure(1000, "answered 404")
    with world.store.write() as connection:
        upsert(connection, cursors, [cursor.row(1000)])
    world.run_until(lambda: world.stage.gauges.get("sources_broken") == 1)


class Slow(Web):
    """A list with five links, each request a minute long; the third page is not there."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock = clock

    def get(self, url: str, **options: Any) -> Answer:
        self.asked.append(url)
        self.clock.advance(60)
        if url.endswith("/3"):
            raise Refused(f"{url}: answered 404")
        links = "".join(f'<a href="/news/{number}">x</a>' for number in range(1, 6))
        text = links if url.endswith("/feed") else f"<article><h1>{url}</h1><p>{BODY} {url}</p></article>"
        return Answer(url, 200, {}, f"<html><body>{text}</body></html>".encode())


def test_a_look_that_takes_long_lets_others_have_their_turn_and_goes_on_later(tmp_path: Path) -> None:
    world = World(tmp_path, "one", kind="page", every="1h")
    world.clock = clock = ManualClock(NOW)
    world.web = Slow(clock)
    world.run_until(lambda: len(world.articles()) == 4)
    asked = [url.rpartition("/")[2] for url in world.web.asked]
    assert asked[:7] == ["feed", "1", "2", "feed", "3", "4", "feed"]
    assert world.stage.counters["unread_pages"] >= 1


def test_broker_that_is_away_holds_the_news_and_the_cursor(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.web.feeds = {"http://one.org/feed": ["a"], "http://two.org/feed": Refused("gone")}
    world.bus.stop()
    tries, up = [], world.bus.up
    monkeypatch.setattr(world.bus, "up", lambda: (tries.append(1), up()))
    thread = world.start()
    world.until(lambda: len(tries) >= 3 and world.web.asked)
    assert load_cursor(world.store, "one").read == 0
    world.bus.start()
    world.until(lambda: len(world.articles()) == 1 and load_cursor(world.store, "one").read == 1)
    world.stage.stop()
    thread.join(20)


def test_unusable_item_is_a_dead_letter_and_is_counted(world: World) -> None:
    class Half(Web):
        def get(self, url: str, **options: Any) -> Answer:
            feed = b'<rss version="2.0"><channel><title>c</title><item><guid>1</guid></item></channel></rss>'
            return Answer(url, 200, {}, feed)

    world.web = Half()
    world.run_until(lambda: world.value(select(func.count()).select_from(dead)) == 2)
    assert world.value(select(func.sum(cursors.c.read))) == 2
    assert world.value(select(func.count()).select_from(origins).where(origins.c.kind == "dead")) == 2


def make_articles(*titles: str) -> list[Article]:
    found = [build(NewsItem(own_id=title, title=title, body=BODY), SourceInfo("s"), NOW) for title in titles]
    return [article for article in found if isinstance(article, Article)]


class Killed(BaseException):
    """Death at a crash point."""


def give_and_die(world: World, point: str, batch: PublishBatch) -> None:
    """Hand the batch over and die at this crash point."""

    def die(name: str) -> None:
        if name == point:
            raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr("core.runtime.crash.point", die)
        ArticlePublisher(world.settings, world.bus, world.store, world.stage).publish(batch)


@pytest.mark.parametrize("point", ["after_hand_over", "before_cursor"])
def test_death_before_the_cursor_repeats_and_after_it_does_not(world: World, point: str) -> None:
    give_and_die(world, point, PublishBatch(Cursor("s"), make_articles("a", "b")))
    assert load_cursor(world.store, "s").read == 0
    again = ArticlePublisher(world.settings, world.bus, world.store, world.stage)
    again.publish(PublishBatch(load_cursor(world.store, "s"), make_articles("a", "b")))
    assert len({article.origin for article in world.articles()}) == 2, "repeats carry the same origin"
    assert load_cursor(world.store, "s").read == 2
    again.publish(PublishBatch(load_cursor(world.store, "s"), make_articles("a", "b")))
    assert load_cursor(world.store, "s").read == 2


@pytest.mark.parametrize("point", ["after_hand_over", "before_cursor"])
def test_what_was_settled_between_death_and_restart_counts_as_read_once(world: World, point: str) -> None:
    empty = build(NewsItem(own_id="x", raw=b"?"), SourceInfo("s"), NOW)
    assert isinstance(empty, DeadLetter)
    give_and_die(world, point, PublishBatch(Cursor("s"), make_articles("a", "b"), [empty]))
    world.settle()  # the desk had them before we were up again
    again = ArticlePublisher(world.settings, world.bus, world.store, world.stage)
    again.publish(
        PublishBatch(load_cursor(world.store, "s"), make_articles("b", "c"), [empty])
    )  # "a" is shown no more
    assert load_cursor(world.store, "s").read == 4
    again.publish(PublishBatch(load_cursor(world.store, "s"), make_articles("a", "b", "c")))
    assert load_cursor(world.store, "s").read == 4
    assert world.value(select(func.count()).select_from(in_flight)) == 0


def test_what_a_forgetful_broker_lost_is_sent_again_until_it_is_settled(tmp_path: Path) -> None:
    world = World(tmp_path, durable=False)
    ArticlePublisher(world.settings, world.bus, world.store, world.stage).publish(
        PublishBatch(Cursor("s"), make_articles("a", "b", "c"))
    )
    assert world.value(select(func.count()).select_from(pending)) == 3
    with world.store.write() as connection:
        first = make_articles("a")[0]
        insert_absent(connection, origins, [{"origin": first.origin, "kind": "article", "source": "s"}])
    world.bus.wipe()  # broker and ingest die together
    ArticlePublisher(world.settings, world.bus, world.store, world.stage).send_pending()
    assert sorted(article.title for article in world.articles()) == ["b", "c"]
    world.settle()
    ArticlePublisher(world.settings, world.bus, world.store, world.stage).send_pending()
    assert world.value(select(func.count()).select_from(pending)) == 0


def test_broker_that_forgot_while_we_live_gets_what_is_not_settled(tmp_path: Path) -> None:
    world = World(tmp_path, durable=False)
    publisher = ArticlePublisher(world.settings, world.bus, world.store, world.stage)
    publisher.publish(PublishBatch(Cursor("s"), make_articles("a", "b")))
    assert publisher.send_pending() == 0
    world.bus.wipe()
    with pytest.raises((BusUnavailable, KeyError)):
        publisher.send_markers()
    publisher.drop()
    publisher.send_markers()
    publisher.send_pending()
    assert sorted(article.title for article in world.articles()) == ["a", "b"]


def test_health_travels_with_the_news_and_stands_in_the_store(world: World) -> None:
    publisher = ArticlePublisher(world.settings, world.bus, world.store, world.stage)
    record = Health(source="one", at=NOW, status="silent", expected=9.0, seen=0, since=NOW - 1)
    publisher.publish_health(record)
    assert [found for found in world.log() if isinstance(found, Health)] == [record]
    assert world.value(select(health.c.status)) == "silent"
