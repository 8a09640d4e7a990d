"""Different articles have different ids, the same article has one, whatever address a source puts beside it."""

from __future__ import annotations

import json
from typing import Any

from core.records import Article
from ingest.items.build import build
from ingest.items.item import SourceInfo
from ingest.sources.contract import PollContext
from ingest.sources.feed.parsing import parse_feed, rebuild_entry
from ingest.sources.feed.settings import FeedSettings
from ingest.sources.feed.source import FeedSource
from ingest.web.fetch import Answer, Fetcher

NOW = 1_790_000_000_000
TEXT = "The bank said on Monday that it would raise its main rate. " * 6
Entry = tuple[str, str, str]


def rss(*entries: Entry) -> bytes:
    items = "".join(
        f"<item><title>{title}</title>{f'<guid>{guid}</guid>' if guid else ''}<link>{link}</link>"
        f"<description>{TEXT}</description></item>"
        for guid, link, title in entries
    )
    return f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'.encode()


def poll(data: bytes, state: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """(id per title, the state behind it)."""

    class Web(Fetcher):
        def __init__(self) -> None: ...

        def get(self, url: str, **options: Any) -> Answer:
            return Answer(url, 200, {}, data)

    found = FeedSource(FeedSettings(name="s", kind="feed", url="https://x.org/f")).poll(
        state, PollContext(Web(), NOW, lambda key, mark="": False)
    )
    articles = [build(item, SourceInfo("s"), NOW) for item in found.items]
    return {one.title: one.id for one in articles if isinstance(one, Article)}, found.state


def test_items_of_a_json_feed_without_address_are_articles_of_their_own() -> None:
    items = [{"id": str(n), "title": f"Item {n}", "content_text": TEXT} for n in range(5)]
    data = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()
    found = [build(item, SourceInfo("s"), NOW) for item in parse_feed(data, "https://x.org/feed.json")]
    articles = [one for one in found if isinstance(one, Article)]
    assert len({one.id for one in articles}) == 5
    assert {one.url for one in articles} == {""}


def test_an_address_that_several_items_share_identifies_none_of_them() -> None:
    page = "https://x.org/notices"
    entries = [*((f"n{n}", page, f"Notice {n}") for n in range(5)), ("o", "https://x.org/o", "Other")]
    ids, state = poll(rss(*entries), {})
    assert len(set(ids.values())) == 6
    alone, _ = poll(rss(entries[3]), state)  # the others have left the feed
    assert alone == {"Notice 3": ids["Notice 3"]}
    without, _ = poll(rss(("", page, "First"), ("", page, "Second")), {})
    assert len(set(without.values())) == 2
    assert without == poll(rss(("", page, "Second"), ("", page, "First")), {})[0]


def test_one_article_listed_twice_or_under_two_addresses_of_one_page_stays_one() -> None:
    twice = rss(("a", "https://x.org/1?utm_source=x", "Rates up"), ("b", "https://x.org/1", "Rates up"))
    same, _ = poll(twice, {})
    again, _ = poll(rss(("c", "https://x.org/1", "Rates up")), {})
    assert same == again


def test_a_dead_letter_remembers_that_its_address_is_no_identity() -> None:
    page = "https://x.org/notices"
    items = parse_feed(rss(("1", page, "A"), ("2", page, "B")), "https://x.org/f")
    for item in items:
        again = rebuild_entry(item.raw, json.loads(json.dumps(dict(item.context))))
        assert build(again, SourceInfo("s"), NOW) == build(item, SourceInfo("s"), NOW)
