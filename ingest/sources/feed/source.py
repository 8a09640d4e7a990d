"""A feed, and the linked page where an item of it has only a summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.errors import Refused, Retryable
from core.ids import revision
from ingest.items.item import NewsItem
from ingest.sources.contract import PollContext, PollResult, Source
from ingest.sources.feed.parsing import ends_early, parse_feed, rebuild_entry, with_page
from ingest.sources.feed.settings import FeedSettings
from ingest.sources.linked_pages import CHECK_PAGES, asks_to_wait, cut_short, failed_requests, retry_mark
from ingest.web.extract import SHORT, extract_page

ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
_SHARED = 200
"""So many addresses that are several items' are remembered."""


class FeedSource(Source):
    """One feed."""

    _spec: FeedSettings

    def poll(self, state: dict[str, Any], context: PollContext) -> PollResult:
        spec = self._spec
        answer = context.fetcher.get(
            spec.url, validators=state.get("validators"), accept=ACCEPT, headers=spec.headers
        )
        if answer.status == 304:
            return PollResult(state=state, unchanged=True)
        shared = dict.fromkeys(state.get("shared", ()))
        try:
            items = parse_feed(answer.body, answer.url, answer.content_type, shared)
        except Refused as error:
            raise answer.blame(error) from error
        result = PollResult(state={"validators": answer.validators}, named=[item.key for item in items])
        with_page = spec.full_text and spec.max_pages > 0
        pages = 0
        for item in items:
            mark = revision(item.title, item.body)
            if context.known(item.key, mark):
                continue
            # An address that several items share is a list's, and its text none of theirs.
            if not (with_page and len(item.body) < SHORT and item.url and not item.by_own_id):
                result.items.append(replace(item, mark=mark))
                continue
            times = failed_requests(context, item.key, mark)
            if pages >= spec.max_pages or context.stopping():
                result.state = {}  # the next poll goes on; a validator would hide what was left
                if times is None:
                    result.more = True
                    result.left.append(item.key)
                continue
            pages += self._take(item, mark, times, result, context)
        if answer.cut or ends_early(answer.body):
            result.notes.append("the feed ended early; the whole items were taken")
            result.state = {}
        if shared:
            result.state["shared"] = list(shared)[-_SHARED:]
        return result

    def _take(
        self, item: NewsItem, mark: str, times: int | None, result: PollResult, context: PollContext
    ) -> bool:
        """Add the item with its page's text to `result`; return False where the page's server asks to wait, else True.

        Where the page cannot be read, the summary is added at once (flagged), and the page is tried again in the next
        polls, as a revision.
        """
        asked = True
        try:
            result.items.append(replace(_whole(item, context), mark=mark))
            return True
        except Refused as error:
            result.unread.append(error)
        except Retryable as error:
            result.unread.append(error)
            asked = not asks_to_wait(error)
            mark = retry_mark(mark, (times or 0) + asked)
            result.state = {}
        if times is None:
            context_of = {**item.context, "summary_only": True}
            result.items.append(
                replace(item, flags=(*item.flags, "summary_only"), context=context_of, mark=mark)
            )
        else:
            result.keys[item.key] = mark
        return asked

    def check(self, state: dict[str, Any], context: PollContext) -> PollResult:
        """Return the result of a poll without a state that fetches at most CHECK_PAGES pages. Raises as `poll` does."""
        short = self._spec.model_copy(update={"max_pages": CHECK_PAGES})
        return FeedSource(short, self._folder).poll({}, context)

    def rebuild(self, raw: bytes, context: Mapping[str, Any]) -> NewsItem:
        """Return the item of a dead letter, with the text of its page. Raises ValueError where `raw` is not JSON."""
        return rebuild_entry(raw, context)


def _whole(item: NewsItem, context: PollContext) -> NewsItem:
    """Return the item with its page's text. Raises Refused or Retryable where the page cannot be read whole."""
    answer = context.fetcher.get(item.url, accept="text/html, */*;q=0.5")
    if cut_short(answer):
        raise Retryable(f"{answer.url}: the connection ended early")
    page = extract_page(answer.body, answer.url, answer.content_type)
    return with_page(item, page)
