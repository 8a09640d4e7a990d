"""A rig for each kind of source: a way to publish on it. `tests/contract/test_source.py` looks for `KIND.py` here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.errors import Refused
from ingest.items.build import build
from ingest.items.item import SourceInfo
from ingest.live.cursor import Cursor, mark_of
from ingest.sources.contract import PollContext, PollResult, Source
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
    publish: Callable[..., None]
    """publish(title, ...): from now on the source has these articles too, each with BODY as its text."""
    web: Web = field(default_factory=Web)
    """The pages that the source is fetched from, where it is."""
    cursor: Cursor = field(default_factory=lambda: Cursor("s"))
    unread: list[str] = field(default_factory=list)
    """What the last look could not read."""

    def poll(self) -> list[str]:
        """Titles that are new, as the live loop would take them."""
        context = PollContext(self.web, NOW, self.cursor.known)
        found: PollResult = self.source.poll(dict(self.cursor.source), context)
        titles = []
        self.cursor.keep_listed(found.named)
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
