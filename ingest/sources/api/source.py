"""A JSON endpoint described by field paths, with paging and a cursor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import orjson

from core.errors import ConfigError, Refused, Retryable
from core.times import iso
from ingest.items.item import NewsItem
from ingest.sources.api.settings import JsonApiSettings
from ingest.sources.contract import PollContext, PollResult, Source
from ingest.sources.field_paths import dig
from ingest.sources.json_items import map_item
from ingest.sources.linked_pages import TRIES, headers_for
from ingest.text.charset import decode_text
from ingest.times.moments import parse_moment

MOST_WALKS = 50
"""Of a source that publishes faster than we may ask, the oldest of what was left is given up behind so many."""


@dataclass
class Walk:
    """A walk through the pages, a part of which may wait for the next poll."""

    since: int = 0
    """The publish time that `since_param` takes, or 0."""
    page: int = 1
    """The page that comes next, counted from 1."""
    next: str = ""
    """Its cursor or address, as the page before it said."""
    skip: int = 0
    """Up to this page all may be known and something new lie behind it: new items move the pages on."""
    refused: int = 0
    """How often it had to begin again."""

    def begin_again(self) -> bool:
        """Start again, since the server no longer accepts the cursor; return False if that was tried too often."""
        self.skip, self.page, self.next = max(self.skip, self.page), 1, ""
        self.refused += 1
        return self.refused < TRIES


class JsonApiSource(Source):
    """One JSON endpoint."""

    _spec: JsonApiSettings

    def poll(self, state: dict[str, Any], context: PollContext) -> PollResult:
        """Return the items of the newest pages, up to one with only known items, then those that earlier polls left."""
        spec = self._spec
        newest = int(state.get("newest", 0))
        head = Walk(since=newest if spec.since_param else 0)
        result = PollResult(state=dict(state))
        left: list[Walk] = []
        requests = spec.max_requests
        for walk in (head, *(Walk(**one) for one in state.get("walks", ()))):
            if walk is not head and (result.unchanged or result.unread or requests < 0 or context.stopping()):
                left.append(walk)
                continue
            page = walk.page
            try:
                # What was left comes on by a page at least, however few requests are allowed.
                ended = self._go(walk, max(1, requests), result, context)
            except (Refused, Retryable) as error:
                if walk is head and walk.page == 1:
                    raise
                result.unread.append(error)
                ended = isinstance(error, Refused) and not walk.begin_again()
            requests -= max(1, walk.page - page)
            if not ended:
                left.append(walk)
        if left and not all(item.key for item in result.items):
            result.notes.append(
                f"stopped after {spec.max_requests} requests; without ids there is no going on"
            )
            left.clear()
        result.state["walks"] = [asdict(walk) for walk in left[:MOST_WALKS]]
        result.more = bool(left) and not result.unread
        result.named = [item.key for item in result.items]
        times = (parse_moment(item.published) for item in result.items)
        newest = max([newest, *(found[0] for found in times if found and found[0] <= context.now_ms)])
        if newest:
            result.state["newest"] = newest
        return result

    def _go(self, walk: Walk, most: int, result: PollResult, context: PollContext) -> bool:
        """On by up to `most` pages; whether that was the end. Raises Refused or Retryable, with `walk` at that page."""
        spec, seen, new = self._spec, set[str | bytes](), False
        for _ in range(most):
            url = self._url(walk)
            single = walk.page == 1 and not spec.next_path and not spec.page_param
            answer = context.fetcher.get(
                url, validators=result.state.get("validators") if single else None, accept="application/json",
                headers=headers_for(url, spec.url, self._headers()),
            )  # fmt: skip
            if answer.status == 304:
                result.unchanged = True
                return True
            try:
                data = _json(answer.body, answer.content_type, url)
            except Refused as error:
                raise answer.blame(error) from error
            entries = dig(data, spec.items)
            if not isinstance(entries, list):
                raise Refused(
                    f"{spec.url}: no list at {spec.items or 'the top'!r} (the answer's layout changed?)"
                )
            items = [map_item(entry, spec.fields, answer.url) for entry in entries]
            result.items += items
            if single:
                result.state["validators"] = answer.validators
            known = all(context.known(item.key) for item in items)
            new = new or not known
            keys = {item.key or item.raw for item in items}
            # What follows a page on which everything is known is older still; one that repeats itself has no end.
            if keys <= seen or (known and walk.page > walk.skip) or not self._on(walk, data, url):
                return True
            seen |= keys
            if context.stopping():
                break
        if new:
            walk.skip = walk.page + spec.max_requests
        return False

    def _url(self, walk: Walk) -> str:
        spec = self._spec
        since = {spec.since_param: iso(walk.since)} if walk.since else {}
        url = with_params(spec.url, {**spec.params, **since})
        if spec.page_param:
            url = with_params(url, {spec.page_param: 1 if spec.next_path else walk.page})
        if not walk.next:
            return url
        return with_params(url, {spec.next_param: walk.next}) if spec.next_param else urljoin(url, walk.next)

    def _on(self, walk: Walk, data: Any, url: str) -> bool:
        """To the page behind; False where there is none."""
        spec = self._spec
        if spec.next_path:
            value = dig(data, spec.next_path)
            if not isinstance(value, (str, int)) or value == "":
                return False
            following = str(value) if spec.next_param else urljoin(url, str(value))
            if following in (walk.next, url):
                return False
            walk.next = following
        elif not spec.page_param:
            return False
        walk.page += 1
        return True

    def _headers(self) -> dict[str, str]:
        spec = self._spec
        headers = dict(spec.headers)
        if spec.token_env:
            if not (token := os.environ.get(spec.token_env)):
                raise ConfigError(f"source {spec.name}: environment variable {spec.token_env} is not set")
            headers["authorization"] = f"Bearer {token}"
        return headers

    def rebuild(self, raw: bytes, context: Mapping[str, Any]) -> NewsItem:
        """Return the item of a dead letter. Raises ValueError where `raw` is not JSON."""
        return map_item(orjson.loads(raw), self._spec.fields, context.get("base") or self._spec.url)


def with_params(url: str, params: dict[str, str | int]) -> str:
    """Return `url` with these query parameters set.

    >>> with_params("https://x.org/a?p=1&q=2", {"p": 3})
    'https://x.org/a?q=2&p=3'
    """
    if not params:
        return url
    parts = urlsplit(url)
    kept = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in params
    ]
    query = urlencode([*kept, *((name, str(value)) for name, value in params.items())])
    return urlunsplit(parts._replace(query=query))


def _json(data: bytes, content_type: str, url: str) -> Any:
    text, _ = decode_text(data, content_type or "application/json")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        what = "an HTML page" if text.lstrip()[:1] == "<" else f"no JSON ({error})"
        raise Refused(f"{url}: answered {what}") from error
