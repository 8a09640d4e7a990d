"""`newsquake sources check` says of each source what it gives, and takes nothing in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.errors import Refused
from core.settings import load_settings
from core.store import open_store
from core.tables import cursors, origins
from ingest.check import check_source
from ingest.fetch import Answer, Fetcher, Unreachable
from ingest.sources.spec import load_sources

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
        (Refused("x is 10.0.0.1, which is no public address"), False, False, "public address"),
        (Refused("x: robots.txt forbids it"), False, False, "robots.txt"),
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
