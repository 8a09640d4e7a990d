"""Looks at a source over a real server: its pages and lists, and what was asked of it."""

from __future__ import annotations

import json
from typing import Any

from core.records import Article
from ingest.items.build import build
from ingest.items.item import SourceInfo
from ingest.live.cursor import Cursor, mark_of
from ingest.sources.contract import PollContext, PollResult, Source
from ingest.sources.feed.settings import FeedSettings
from ingest.sources.feed.source import FeedSource
from ingest.sources.page.settings import PageSettings
from ingest.sources.page.source import PageSource
from ingest.web.fetch import Fetcher
from tests.support.wild import Wild, fetcher, ok

NOW = 1_700_000_000_000


BODY = "The central bank said on Monday that it would raise its main rate after inflation rose again. " * 6


BUSY = b"HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"


class Desk:
    """A source and its cursor, as the live loop keeps them; `now` moves the fetcher's clock."""

    def __init__(self, source: Source) -> None:
        self.source, self.cursor, self.now, self.now_ms = source, Cursor("s"), 1000.0, NOW
        self.fetcher: Fetcher = fetcher(now_s=lambda: self.now, sleep=self._sleep)
        self.found = PollResult()

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def poll(self) -> list[Article]:
        context = PollContext(self.fetcher, self.now_ms, self.cursor.known)
        self.found = found = self.source.poll(dict(self.cursor.source), context)
        self.cursor.keep_listed(found.named)
        taken = []
        for item in found.items:
            record = build(item, SourceInfo("s"), self.now_ms)
            assert isinstance(record, Article)
            mark = mark_of(item, record.revision)
            if item.key and self.cursor.known(item.key, mark):
                continue
            if item.key:
                self.cursor.note(item.key, mark)
            taken.append(record)
        for key, mark in found.keys.items():
            self.cursor.note(key, mark)
        self.cursor.source = json.loads(json.dumps(found.state))
        return taken


def html(title: str) -> bytes:
    return (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{BODY}</p>"
        f"<p>{BODY[::-1]}</p></article></body></html>"
    ).encode()


def page(wild: Wild, *links: str, **more: Any) -> Desk:
    wild.answer("/list", ok("".join(f'<a href="{link}">x</a>' for link in links).encode()))
    return Desk(PageSource(PageSettings(name="s", kind="page", url=wild.url("/list"), links="/art/", **more)))


def rss(wild: Wild, *names: str, body: str = "Short.") -> bytes:
    items = "".join(
        f"<item><guid>{name}</guid><title>T {name}</title><link>{wild.url(f'/art/{name}')}</link>"
        f"<description>{body}</description></item>"
        for name in names
    )
    return f'<rss version="2.0"><channel><title>c</title>{items}</channel></rss>'.encode()


def feed(wild: Wild, *names: str, **more: Any) -> Desk:
    wild.answer("/feed", ok(rss(wild, *names)))
    return Desk(FeedSource(FeedSettings(name="s", kind="feed", url=wild.url("/feed"), **more)))


def asked(wild: Wild, path: str) -> int:
    return sum(line.startswith(f"GET {path}") for line in wild.asked)


def cut(data: bytes) -> bytes:
    return ok(data[: len(data) // 2], length=len(data))
