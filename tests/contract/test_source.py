"""What every registered kind of source promises: news once, state that goes on, failures told by the right error."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Refused, Retryable
from core.settings import BrokerSettings
from ingest.items.build import build
from ingest.items.item import SourceInfo
from ingest.live.cursor import Cursor
from ingest.sources.base_settings import WebSourceSettings
from ingest.sources.contract import PollContext
from ingest.sources.feed.settings import FeedSettings
from ingest.sources.feed.source import FeedSource
from ingest.sources.registry import KINDS, create_source
from tests.support.source_rigs import BODY, NOW, Rig, Web, html

POLLED = sorted(name for name, kind in KINDS.items() if kind.implementation is not None)
FETCHED = [name for name in POLLED if issubclass(KINDS[name].settings, WebSourceSettings)]


def make_rig(kind: str, tmp_path: Path) -> Rig:
    """The rig of a registered kind; fails where `tests/support/source_rigs` has none for it."""
    try:
        module = importlib.import_module(f"tests.support.source_rigs.{kind}")
    except ModuleNotFoundError:
        pytest.fail(f"source kind {kind!r} has no rig: add tests/support/source_rigs/{kind}.py")
    rig: Rig = module.rig(tmp_path)
    return rig


@pytest.fixture(params=POLLED)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    found = make_rig(request.param, tmp_path)
    yield found
    found.source.close()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_registered_kind_is_whole(kind: str) -> None:
    found = KINDS[kind]
    assert found.settings.__doc__ and found.settings.model_config.get("extra") == "forbid"
    if found.implementation is None:
        assert found.passive
    else:
        assert not inspect.isabstract(found.implementation())


def test_the_registry_makes_the_source_of_its_settings(rig: Rig) -> None:
    spec = rig.source._spec
    assert type(create_source(spec, Path())) is type(rig.source)
    assert spec.location


def test_an_item_is_rebuilt_from_its_dead_letter(rig: Rig) -> None:
    rig.publish("first-big-story-10001", "second-big-story-10002")
    found = rig.source.poll({}, PollContext(rig.web, NOW, lambda key, mark="": False)).items
    assert found
    for item in found:
        again = rig.source.rebuild(item.raw, json.loads(json.dumps(dict(item.context))))
        assert build(again, SourceInfo("s"), NOW) == build(item, SourceInfo("s"), NOW)


def test_a_check_returns_what_is_there_and_takes_nothing_in(rig: Rig) -> None:
    rig.publish("first-big-story-10001", "second-big-story-10002")
    found = rig.source.check({}, PollContext(rig.web, NOW, lambda key, mark="": False))
    assert len(found.items) == 2
    rig.source.close()
    assert sorted(rig.poll()) == ["first-big-story-10001", "second-big-story-10002"]


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


@pytest.mark.parametrize("kind", FETCHED)
def test_server_that_is_away_is_retryable_and_a_wrong_answer_is_refused(kind: str, tmp_path: Path) -> None:
    rig = make_rig(kind, tmp_path)
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
    rig = make_rig("page", tmp_path)
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
    rig = make_rig("feed", tmp_path)
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
    rig = make_rig("dump", tmp_path)
    rig.publish(*(f"story {number}" for number in range(3500)))
    seen = [len(rig.poll()) for _ in range(5)]
    assert sum(seen) == 3500
    assert max(seen) <= 1000
    (tmp_path / "inbox" / "1.jsonl").rename(tmp_path / "inbox" / "renamed.jsonl")
    assert rig.poll() == [], "a renamed file is the same file"


def test_broken_record_of_a_foreign_topic_is_a_dead_letter_and_costs_no_other(tmp_path: Path) -> None:
    rig = make_rig("kafka", tmp_path)
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
    rig = make_rig("api", tmp_path)
    rig.web.pages["http://x.org/api"] = json.dumps(
        {"result": {"list": [{"ref": "1", "text": {"head": {"en": "t"}, "body": BODY}}]}}
    ).encode()
    assert rig.poll() == ["bad_row"]
    rig = make_rig("dump", tmp_path)
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
