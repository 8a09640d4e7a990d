"""`newsquake ingest` on live sources as a real process, killed with SIGKILL: a foreign topic on both brokers, a feed.

Whatever the moment, every record is in `news.raw` afterwards, nothing is settled twice, and what stands between the
broker's acknowledgement and our cursor is only repeated under the same origin.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import UnknownTopicOrPartitionError
from pytest_httpserver import HTTPServer
from sqlalchemy import func, select

from core.bus import open_bus
from core.bus.base import RAW
from core.records import Article, decode
from core.settings import Settings, load_settings
from core.store import Store, insert_absent, open_store
from core.tables import cursors, dead, origins
from newsquake.broker import EmbeddedBroker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
BODY = "A body that is long enough to be an article of its own, with a number of words in it. " * 4
TOPIC, PARTITIONS = "their.news", 2


class World:
    """A broker (ours, and in some tests theirs), a store, settings, and one ingest process at a time."""

    def __init__(self, folder: Path, address: str, durable: bool, source: dict[str, Any]) -> None:
        values = {
            "broker": {"address": address, "durable": durable, "connect_timeout_s": 60},
            "store": {"url": f"sqlite:///{folder}/s.db"},
            "data_dir": str(folder),
            "ingest": {"allow_private_addresses": ["127.0.0.1", "localhost"], "sources": [source]},
        }
        self.config = folder / "newsquake.yaml"
        self.config.write_text(json.dumps(values))
        self.settings: Settings = load_settings(self.config, environ={})
        self.store: Store = open_store(self.settings.store)
        self.errors = folder / "stderr.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, crash_at: str = "") -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "newsquake", "ingest", "-c", str(self.config)]
        with self.errors.open("ab") as errors:
            environment = {**os.environ, "NEWSQUAKE_CRASH_AT": crash_at}
            self.process = subprocess.Popen(command, env=environment, stderr=errors, stdout=errors)
        return self.process

    def kill(self) -> None:
        assert self.process is not None
        assert self.process.poll() is None, self.errors.read_text()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)
        self.store.close()

    def log(self) -> list[Article]:
        bus = open_bus(self.settings.broker)
        try:
            if RAW not in bus.existing():  # type: ignore[attr-defined]
                return []
            consumer = bus.consumer(RAW, partitions=range(self.settings.broker.partitions))
            wanted, seen, found = sum(consumer.ends().values()), 0, []
            deadline = time.monotonic() + 60
            while seen < wanted:
                assert time.monotonic() < deadline, f"{seen} of {wanted}"
                records = consumer.poll(0.5)
                seen += len(records)
                found += [decode(record.value, record.schema) for record in records]
            consumer.close()
        finally:
            bus.close()
        return [record for record in found if isinstance(record, Article)]

    def until(self, condition: Callable[[], object], within_s: float = 120) -> None:
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, self.errors.read_text()[-3000:]
            time.sleep(1.0)

    def titles(self) -> set[str]:
        return {article.title for article in self.log()}

    def holds_more_than(self, number: int) -> bool:
        return len(self.titles()) > number

    def settle(self) -> None:
        """What the alert worker does: each origin once, whatever the log repeats."""
        rows = [
            {"origin": record.origin, "kind": "article", "source": record.source, "article_id": record.id}
            for record in self.log()
        ]
        with self.store.write() as connection:
            insert_absent(connection, origins, rows)

    def count(self, statement: Any) -> Any:
        with self.store.read() as connection:
            return connection.execute(statement).scalar_one()

    def letters(self) -> int:
        return int(self.count(select(func.count()).select_from(dead)))

    def adds_up(self, articles: int, letters: int) -> None:
        self.settle()
        with self.store.read() as connection:
            kinds: dict[str, int] = dict(
                connection.execute(select(origins.c.kind, func.count()).group_by(origins.c.kind))
                .tuples()
                .all()
            )
        assert kinds == {"article": articles, **({"dead": letters} if letters else {})}
        assert self.letters() == letters
        assert self.count(select(func.sum(cursors.c.read))) == articles + letters
        assert "Traceback" not in self.errors.read_text()


# -- a foreign topic


class Theirs:
    """Their topic on a real broker."""

    def __init__(self, address: str) -> None:
        self.bus = open_bus(
            load_settings(
                overrides={"broker": {"address": address, "connect_timeout_s": 60}}, environ={}
            ).broker
        )
        self.admin = KafkaAdminClient(bootstrap_servers=[address])
        self.drop()
        self.admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
        self.sent = 0

    def publish(self, values: Iterable[bytes]) -> None:
        producer = self.bus.producer()
        for value in values:
            producer.send_bytes(TOPIC, value, schema="", key="", partition=self.sent % PARTITIONS)
            self.sent += 1
        producer.flush()
        producer.close()

    def left(self, group: str) -> int:
        """Records that the group has not committed yet."""
        consumer = self.bus.consumer(TOPIC, group=group, partitions=range(PARTITIONS))
        try:
            return self.sent - sum(consumer.committed().values())
        finally:
            consumer.close()

    def drop(self) -> None:
        if TOPIC in set(self.admin.list_topics()):
            with suppress(UnknownTopicOrPartitionError):
                self.admin.delete_topics([TOPIC])
            deadline = time.monotonic() + 20
            while TOPIC in set(self.admin.list_topics()):
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def close(self) -> None:
        self.drop()
        self.admin.close()
        self.bus.close()


def record(number: int) -> bytes:
    return json.dumps(
        {"uid": f"n{number}", "headline": f"Headline {number}", "story": BODY, "at": 1_700_000_000 + number}
    ).encode()


@pytest.fixture
def theirs(broker_address: str) -> Iterator[Theirs]:
    found = Theirs(broker_address)
    yield found
    found.close()


@pytest.fixture
def topic_world(theirs: Theirs, broker_address: str, tmp_path: Path) -> Iterator[World]:
    source = {
        "name": "theirs", "kind": "kafka", "address": broker_address, "topic": TOPIC, "group": f"g-{tmp_path.name}",
        "fields": {"id": "uid", "title": "headline", "body": "story", "published_at": "at"},
    }  # fmt: skip
    found = World(tmp_path, broker_address, True, source)
    yield found
    found.close()


@pytest.mark.parametrize("point", ["after_hand_over", "before_cursor", "after_cursor"])
def test_a_foreign_topic_is_read_whole_when_killed_at_any_point(
    topic_world: World, theirs: Theirs, point: str
) -> None:
    theirs.publish([*map(record, range(40)), b"\xff{ no json", *map(record, range(40, 60))])
    assert topic_world.start(f"{point}:1").wait(120) == 137
    theirs.publish([*map(record, range(60, 80)), record(3)])  # one of them comes again
    topic_world.start()
    group = f"g-{topic_world.config.parent.name}"
    # Not asked of the group before: Tansu lets nobody join while others keep asking for its offsets.
    topic_world.until(lambda: topic_world.holds_more_than(79))
    topic_world.until(lambda: theirs.left(group) == 0)
    assert topic_world.titles() == {f"Headline {number}" for number in range(80)}
    topic_world.adds_up(80, 1)


def test_a_foreign_topic_survives_kills_at_any_moment(topic_world: World, theirs: Theirs) -> None:
    group = f"g-{topic_world.config.parent.name}"
    for turn in range(3):
        topic_world.start()
        theirs.publish(map(record, range(turn * 50, turn * 50 + 25)))
        topic_world.until(functools.partial(topic_world.holds_more_than, turn * 50))
        theirs.publish(map(record, range(turn * 50 + 25, turn * 50 + 50)))
        time.sleep(0.4 * turn)
        topic_world.kill()
    topic_world.start()
    topic_world.until(lambda: len(topic_world.titles()) == 150)
    topic_world.until(lambda: theirs.left(group) == 0)
    topic_world.adds_up(150, 0)


def test_a_topic_that_is_not_there_is_said_and_not_taken_for_a_quiet_one(
    topic_world: World, theirs: Theirs
) -> None:
    theirs.drop()
    command = [sys.executable, "-m", "newsquake", "sources", "check", "-c", str(topic_world.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert f"topic {TOPIC} is not there" in " ".join(done.stdout.split())


# -- a feed


def feed(*numbers: int) -> str:
    items = "".join(
        f"<item><guid>{number}</guid><title>Headline {number}</title><description>{BODY}</description></item>"
        for number in numbers
    )
    return f'<rss version="2.0"><channel><title>c</title>{items}</channel></rss>'


@pytest.mark.parametrize("durable", [True, False])
def test_a_feed_killed_between_acknowledgement_and_cursor_is_read_again_and_counts_once(
    tmp_path: Path, tansu: EmbeddedBroker, httpserver: HTTPServer, durable: bool
) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nAllow: /\n")
    httpserver.expect_request("/feed").respond_with_data(feed(1, 2, 3), content_type="application/rss+xml")
    source = {
        "name": "wire",
        "kind": "feed",
        "url": httpserver.url_for("/feed"),
        "every": "1s",
        "jitter": "0s",
    }
    world = World(tmp_path, tansu.address, durable, source)
    try:
        assert world.start("after_hand_over:1").wait(120) == 137
        before = world.log()
        assert len(before) == 3, "the broker has them"
        world.settle()  # the desk is quicker than we are up again: they count as read all the same
        assert world.count(select(func.coalesce(func.sum(cursors.c.read), 0))) == 0, (
            "no cursor has counted them"
        )
        assert world.start("before_cursor:1").wait(120) == 137
        httpserver.clear()
        httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nAllow: /\n")
        httpserver.expect_request("/feed").respond_with_data(
            feed(1, 2, 3, 4), content_type="application/rss+xml"
        )
        world.start()
        world.until(lambda: world.count(select(func.coalesce(func.sum(cursors.c.read), 0))) == 4)
        world.kill()  # and once more, now that the cursor stands
        world.start()
        httpserver.clear()
        httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nAllow: /\n")
        httpserver.expect_request("/feed").respond_with_data(
            feed(1, 2, 3, 4, 5), content_type="application/rss+xml"
        )
        world.until(lambda: world.count(select(func.sum(cursors.c.read))) == 5)
        found = world.log()
        assert {article.origin for article in found} > {article.origin for article in before}
        sent = [article.title for article in found]
        times = {title: sent.count(title) for title in sent}
        if durable:
            assert times == {f"Headline {number}": 1 for number in range(1, 6)}, "what is settled stays alone"
        else:  # what nobody has settled is sent again by every new process: the log may be a new one
            assert set(times) == {f"Headline {number}" for number in range(1, 6)}
        world.adds_up(5, 0)
    finally:
        world.close()
