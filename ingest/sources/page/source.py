"""A list page or a sitemap: new links on it are followed, each page becomes an article."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.errors import Refused, Retryable
from core.times import DAY, HOUR
from ingest.items.item import NewsItem
from ingest.sources.contract import PollContext, PollResult, Source
from ingest.sources.linked_pages import (
    CHECK_PAGES,
    TRIES,
    asks_to_wait,
    cut_short,
    failed_requests,
    headers_for,
    retry_mark,
)
from ingest.sources.page.links import HTML, INDEX, SITEMAP_BYTES, URLS, kind_of_list, links_of, ungzipped
from ingest.sources.page.settings import PageSettings
from ingest.times.moments import parse_moment
from ingest.web.extract import extract_page
from ingest.web.fetch import Answer
from ingest.web.urls import origin, publisher_of

MAPS = 5
"""Sitemaps of an index that are followed: the newest. Archives go back for decades."""
REREAD_MS = (HOUR, 6 * HOUR)
"""How long after a page was read it is read again, in this order."""
NEW_MS = 2 * DAY
"""What was published longer ago is history, and read once."""
MOST_REREADS = 300
"""Pages that wait to be read again; of more, the earliest are left as they are."""
_LIKELY = re.compile(
    r"/(?:19|20)\d\d[/-]?\d\d|/\d{5,}|-\d{5,}|/[^/]*-[^/]*-[^/]*-[^/]+/?$|/(?:news|article|story|press|release)s?/.+|"
    r"\.s?html?$|/t20\d{6}_",
    re.IGNORECASE,
)


@dataclass
class Reread:
    """A page that was taken and is read again, for what was corrected since."""

    url: str
    due: int
    published: str = ""
    """As the list said."""
    validators: dict[str, str] = field(default_factory=dict)
    times: int = 0


class PageSource(Source):
    """One list page or sitemap."""

    _spec: PageSettings

    def __init__(self, settings: PageSettings, folder: Path = Path()) -> None:
        super().__init__(settings, folder)
        self._links = re.compile(settings.links) if settings.links else None

    def poll(self, state: dict[str, Any], context: PollContext) -> PollResult:
        spec = self._spec
        answer = context.fetcher.get(
            spec.url, validators=state.get("validators"), headers=spec.headers, max_bytes=SITEMAP_BYTES
        )
        rereads = [Reread(**one) for one in state.get("rereads", ())]
        if answer.status == 304:
            result = PollResult(
                state=dict(state), unchanged=not any(one.due <= context.now_ms for one in rereads)
            )
            self._reread(rereads, spec.max_pages, result, context)
            return result
        result = PollResult(state={"validators": {} if answer.cut else answer.validators})
        kind, found = self._read(answer)
        if kind == INDEX:
            found = self._of_index(found, result, context)
        wanted = [(url, when) for url, when in found if self._wanted(url, answer.url, kind)]
        if not wanted:
            raise answer.blame(
                Refused(f"{spec.url}: no link to an article found on it ({len(found)} links in all)")
            )
        result.named = [url for url, _ in wanted]
        fetched = 0
        resting: set[str] = set()
        for url, published in wanted:
            times = failed_requests(context, url)
            if times is None and context.known(url):
                continue
            if resting and origin(url) in resting:
                result.left.append(url)
                continue
            if fetched >= spec.max_pages or (fetched and context.stopping()):  # each poll gets further
                result.more, result.state = True, {}
                result.left.append(url)
                continue
            fetched += 1
            if not self._take(url, published, times or 0, result, context, rereads):
                resting.add(origin(url))
        self._reread(rereads, spec.max_pages - fetched, result, context)
        return result

    def _reread(self, rereads: list[Reread], most: int, result: PollResult, context: PollContext) -> None:
        """Pages whose time has come, where there is room behind the new ones. One that is gone is left as it was."""
        kept: list[Reread] = []
        for one in rereads:
            if one.due > context.now_ms or most <= 0 or context.stopping():
                kept.append(one)
                continue
            most -= 1
            one.times += 1
            if one.times < len(REREAD_MS):
                one.due = context.now_ms + REREAD_MS[one.times]
                kept.append(one)
            own = headers_for(one.url, self._spec.url, self._spec.headers)
            try:
                answer = context.fetcher.get(
                    one.url, validators=one.validators, headers=own, accept="text/html, */*;q=0.5"
                )
                if answer.status != 304 and not answer.cut:
                    result.items.append(_item(one.url, one.published, answer))
                    one.validators = answer.validators
            except (Refused, Retryable) as error:
                result.notes.append(f"not read again: {error}")
        result.state["rereads"] = [asdict(one) for one in kept[-MOST_REREADS:]]

    def _take(
        self,
        url: str,
        published: str,
        times: int,
        result: PollResult,
        context: PollContext,
        rereads: list[Reread],
    ) -> bool:
        """The page as an item; False where its server asks to wait. One that is refused or comes cut short
        is requested again in the next polls, one whose server is unavailable until it answers, one without an article
        never.
        """
        own = headers_for(url, self._spec.url, self._spec.headers)
        try:
            answer = context.fetcher.get(url, headers=own, accept="text/html, */*;q=0.5")
        except (Refused, Retryable) as error:
            result.unread.append(error)
            result.state = {}  # ask for the list again, though it may not have changed
            if isinstance(error, Refused):
                result.keys[url] = retry_mark("", times + 1)
            elif asks_to_wait(error):
                result.left.append(url)
                return False
            return True
        flags: tuple[str, ...] = ()
        if cut_short(answer):
            if times + 1 < TRIES:
                result.unread.append(Retryable(f"{url}: the connection ended early"))
                result.keys[url], result.state = retry_mark("", times + 1), {}
                return True
            flags = ("cut_short",)  # more of it does not come
        try:
            item = _item(url, published, answer)
        except Refused as error:
            result.unread.append(error)
            result.keys[url] = ""  # no article and not one tomorrow
            return True
        result.items.append(replace(item, flags=flags))
        moment = parse_moment(item.published)
        if self._spec.revisions and (moment is None or moment[0] > context.now_ms - NEW_MS):
            rereads.append(Reread(url, context.now_ms + REREAD_MS[0], published, answer.validators))
        return True

    def _read(self, answer: Answer) -> tuple[str, list[tuple[str, str]]]:
        try:
            data = ungzipped(answer.body)
            return kind_of_list(data), links_of(data, answer.url, answer.content_type)
        except Refused as error:
            raise answer.blame(error) from error

    def _of_index(
        self, maps: list[tuple[str, str]], result: PollResult, context: PollContext
    ) -> list[tuple[str, str]]:
        """What the newest sitemaps of an index name. Raises Refused or Retryable where none of them can be read."""
        if not all(when for _, when in maps):
            result.state = {}  # then the index need not change when one of its sitemaps does
        if len(maps) > MAPS:
            result.notes.append(f"an index of {len(maps)} sitemaps: the newest {MAPS} are followed")
        found: dict[str, str] = {}
        for place, _ in maps[:MAPS]:
            own = headers_for(place, self._spec.url, self._spec.headers)
            try:
                answer = context.fetcher.get(place, headers=own, max_bytes=SITEMAP_BYTES)
                kind, links = self._read(answer)
                if kind != URLS:
                    raise Refused(f"{place}: no sitemap of pages")
            except (Refused, Retryable) as error:
                result.unread.append(error)
                result.state = {}
                continue
            for url, when in links:
                found.setdefault(url, when)
        if not found and result.unread:
            raise result.unread[0]
        return list(found.items())

    def _wanted(self, url: str, base: str, kind: str) -> bool:
        if self._links is not None:
            return self._links.search(url) is not None
        path = urlsplit(url).path
        # A sitemap names pages that are meant to be found; a list page also links to much beside its news.
        likely = kind != HTML or _LIKELY.search(path) is not None
        return publisher_of(url) == publisher_of(base) and len(path) > 1 and likely

    def check(self, state: dict[str, Any], context: PollContext) -> PollResult:
        """Return the result of a poll without a state that fetches two pages at most. Raises as `poll` does."""
        short = self._spec.model_copy(update={"max_pages": CHECK_PAGES})
        return PageSource(short, self._folder).poll({}, context)

    def rebuild(self, raw: bytes, context: Mapping[str, Any]) -> NewsItem:
        """Return the item of a dead letter. Raises Refused where there is no article on the page."""
        address, kind = context.get("address", ""), context.get("content_type", "")
        answer = Answer(address, 200, {"content-type": kind}, raw)
        return _item(context.get("url", address), context.get("listed", ""), answer)


def _item(url: str, published: str, answer: Answer) -> NewsItem:
    """The article on the page. Raises Refused where there is none."""
    page = extract_page(answer.body, answer.url, answer.content_type)
    return NewsItem(
        url=url,
        title=page.title,
        body=page.body,
        published=page.published or published,
        language=page.language,
        author=page.author,
        raw=answer.body,
        context={
            "url": url,
            "listed": published,
            "address": answer.url,
            "content_type": answer.content_type,
        },
    )
