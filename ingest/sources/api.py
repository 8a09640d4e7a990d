"""A JSON endpoint described by field paths, with paging and a cursor."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import orjson

from core.errors import ConfigError, Reason, Refused
from core.times import iso
from ingest.charset import decode_text
from ingest.extract import plain
from ingest.items import Item
from ingest.moments import parse_moment
from ingest.sources.base import Context, Look, dig
from ingest.sources.spec import ApiFields, ApiSpec
from ingest.text import no_text, not_text


class Api:
    """One endpoint."""

    def __init__(self, spec: ApiSpec) -> None:
        self._spec = spec

    def look(self, state: dict[str, Any], context: Context) -> Look:
        spec = self._spec
        headers = dict(spec.headers)
        if spec.token_env:
            if not (token := os.environ.get(spec.token_env)):
                raise ConfigError(f"source {spec.name}: environment variable {spec.token_env} is not set")
            headers["authorization"] = f"Bearer {token}"
        newest = int(state.get("newest", 0))
        since = {spec.since_param: iso(newest)} if spec.since_param and newest else {}
        page, url = 1, with_params(spec.url, {**spec.params, **since})
        if spec.page_param:
            url = with_params(url, {spec.page_param: page})
        look = Look(state=dict(state))
        for _ in range(spec.max_requests):
            conditional = (
                state.get("validators") if page == 1 and not spec.next_path and not spec.page_param else None
            )
            answer = context.fetcher.get(
                url, validators=conditional, accept="application/json", headers=headers
            )
            if answer.status == 304:
                return Look(state=state, unchanged=True)
            data = _json(answer.body, answer.content_type, url)
            entries = dig(data, spec.items)
            if not isinstance(entries, list):
                raise Refused(
                    f"{spec.url}: no list at {spec.items or 'the top'!r} (the answer's layout changed?)"
                )
            items = [map_item(entry, spec.fields, answer.url) for entry in entries]
            look.items += items
            look.state["validators"] = answer.validators
            for item in items:
                found = parse_moment(item.published)
                if found is not None and newest < found[0] <= context.now_ms:
                    newest = found[0]
            # A page on which everything is known ends the look: what follows is older still.
            if not items or context.stopping() or all(context.known(item.key) for item in items):
                break
            page += 1
            following = self._next(data, url, page)
            if not following or following == url:
                break
            url = following
        else:
            look.notes.append(f"stopped after {spec.max_requests} requests; max_requests allows more")
        if newest:
            look.state["newest"] = newest
        return look

    def _next(self, data: Any, url: str, page: int) -> str:
        spec = self._spec
        if spec.next_path:
            value = dig(data, spec.next_path)
            if not isinstance(value, (str, int)) or value == "":
                return ""
            return with_params(url, {spec.next_param: value}) if spec.next_param else urljoin(url, str(value))
        return with_params(url, {spec.page_param: page}) if spec.page_param else ""

    def close(self) -> None:
        """Nothing to let go of."""


def with_params(url: str, params: dict[str, str | int]) -> str:
    """`url` with these query parameters set.

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


def map_item(entry: Any, fields: ApiFields, base: str = "") -> Item:
    """The item that `fields` find in one JSON object. What is no object or holds no text becomes a dead letter."""

    def word(path: str) -> str:
        value = dig(entry, path) if path else None
        return "" if value is None or isinstance(value, (dict, list)) else str(value)

    link = word(fields.url)
    fault = None
    for name, path in (("title", fields.title), ("body", fields.body)):
        if path and no_text(found := dig(entry, path)):
            fault = (Reason.BAD_ROW, not_text(f"{name} ({path})", found))
    return Item(
        fault=fault,
        url=urljoin(base, link) if link else "",
        own_id=word(fields.id),
        title=plain(word(fields.title)),
        body=plain(word(fields.body)),
        published=word(fields.published_at),
        language=word(fields.language),
        publisher=word(fields.publisher),
        author=word(fields.author),
        tickers=dig(entry, fields.tickers) if fields.tickers else None,
        raw=orjson.dumps(entry, default=str),
    )


def _json(data: bytes, content_type: str, url: str) -> Any:
    text, _ = decode_text(data, content_type or "application/json")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        what = "an HTML page" if text.lstrip()[:1] == "<" else f"no JSON ({error})"
        raise Refused(f"{url}: answered {what}") from error
