"""POST /v1/articles: others hand articles in, one JSON object or NDJSON; the roof mounts the router.

What is taken waits in the store for the ingest process, which sends it to the broker: 202 means it is on disk. The
same article sent again is the same origin and counts once. A bad line spoils no other.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import orjson
from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, StrictFloat, StrictInt
from sqlalchemy import select, update

from core.clock import Clock, SystemClock
from core.errors import StoreUnavailable
from core.records import Article, DeadLetter, encode
from core.settings import Settings
from core.store import Store, insert_absent
from core.tables import cursors, origins, pending, tokens
from ingest.items.build import build
from ingest.items.item import NewsItem, SourceInfo
from ingest.sources.loading import load_sources
from ingest.sources.push.settings import PushSettings
from ingest.web.urls import canonical

MAX_BYTES = 8 << 20
MAX_ARTICLES = 5000
SCOPE = "push"
_OURS = frozenset(("flags", "published_raw", "author", "trust", "tickers", "date_only"))
"""What stands in an article's `extra` of our own accord; nobody sets it from outside."""


class Taken(BaseModel):
    """An article that was taken."""

    line: int
    id: str
    repeated: bool = Field(description="It had been sent before; nothing changed.")
    ignored: list[str] = Field(
        [], description="Fields that mean nothing here; further ones belong into `extra`."
    )


class RefusedLine(BaseModel):
    """One that was not, and why."""

    line: int
    reason: str
    detail: str


class Receipt(BaseModel):
    """What became of each line, numbered from 1."""

    taken: list[Taken]
    refused: list[RefusedLine]


class Problem(BaseModel):
    """An error."""

    detail: str


class PushedArticle(BaseModel):
    """An article as pushed. Title or body is needed; id, else url, makes it idempotent (else its time and text do)."""

    id: str = Field("", max_length=500)
    source: str = Field("", max_length=100, description="A source of kind push; default: the token's name.")
    url: str = Field("", max_length=4000)
    title: str = ""
    body: str = ""
    # Strict: true and false would pass for 1 and 0.
    published_at: str | StrictInt | StrictFloat | None = Field(
        None, description="ISO 8601 or seconds since 1970."
    )
    language: str = Field("", max_length=40)
    publisher: str = Field("", max_length=200)
    author: str = Field("", max_length=200)
    tickers: list[str] = Field([], max_length=500)
    extra: dict[str, Any] = Field({}, max_length=100, description="Further fields; kept with the article.")


@dataclass
class _Caller:
    name: str
    rate: int


class _Rates:
    """Requests a minute per token: a bucket that refills; the last thousand tokens are remembered."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, key: str, rate: int, now_s: float) -> float:
        """Seconds to wait before one more may come; 0.0: it may, and is counted."""
        with self._lock:
            level, at = self._buckets.pop(key, (float(rate), now_s))
            level = min(float(rate), level + (now_s - at) * rate / 60)
            wait = 0.0 if level >= 1 else (1 - level) * 60 / max(1, rate)
            self._buckets[key] = (level if wait else level - 1, now_s)
            while len(self._buckets) > 1000:
                self._buckets.popitem(last=False)
        return wait


def push_router(settings: Settings, store: Store, clock: Clock | None = None) -> APIRouter:
    """The router. Every push needs a bearer token with the scope `push` (newsquake tokens create)."""
    time_source = clock or SystemClock()
    rates = _Rates()
    router = APIRouter()
    names = {
        spec.name: spec for spec in load_sources(settings) if isinstance(spec, PushSettings) and spec.enabled
    }

    @router.post(
        "/v1/articles",
        status_code=202,
        response_model=Receipt,
        summary="Push articles",
        responses={
            400: {"model": Problem, "description": "Not readable at all"},
            401: {"model": Problem, "description": "No or an unknown token"},
            403: {"model": Problem, "description": "The token lacks the scope push"},
            413: {"model": Problem, "description": "Too many bytes or articles"},
            415: {"model": Problem, "description": "Neither JSON nor NDJSON"},
            422: {"model": Receipt, "description": "No line is an article"},
            429: {"model": Problem, "description": "More than the token's rate; Retry-After says when"},
            503: {"model": Problem, "description": "The store is away; try again"},
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/PushedArticle"}},
                    "application/x-ndjson": {"schema": {"type": "string"}},
                },
            },
            "security": [{"bearer": []}],
        },
    )
    async def push_articles(request: Request, authorization: Annotated[str, Header()] = "") -> Any:
        """Take one article (application/json) or one a line (application/x-ndjson)."""
        from starlette.concurrency import run_in_threadpool

        try:
            caller = await run_in_threadpool(_caller, store, authorization)
            if wait := rates.wait_s(caller.name, caller.rate, time.monotonic()):
                raise HTTPException(
                    429, "more than the token's rate", {"Retry-After": str(max(1, round(wait)))}
                )
            data = await _body(request)
            lines = _lines(data, request.headers.get("content-type", ""))
            receipt = await run_in_threadpool(_take, settings, store, time_source, names, caller, lines)
        except StoreUnavailable as error:
            raise HTTPException(503, "the store is away; try again", {"Retry-After": "5"}) from error
        # What is well formed gets 202 with the word on each line; 422 is for a body without one article in it.
        malformed = all(line.reason in ("bad_json", "bad_row") for line in receipt.refused)
        return JSONResponse(receipt.model_dump(), 422) if malformed and not receipt.taken else receipt

    return router


def push_components() -> dict[str, dict[str, Any]]:
    """What the router's OpenAPI refers to; merge into `components`."""
    return {
        "schemas": {"PushedArticle": PushedArticle.model_json_schema()},
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "newsquake tokens create"}
        },
    }


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            raise HTTPException(413, f"more than {MAX_BYTES} bytes in one request")
    return bytes(data)


def _caller(store: Store, authorization: str) -> _Caller:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
    key = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).hexdigest()
    with store.read() as connection:
        row = connection.execute(select(tokens).where(tokens.c.hash == key)).one_or_none()
    if row is None or row.revoked:
        raise HTTPException(401, "unknown token", {"WWW-Authenticate": "Bearer"})
    if SCOPE not in row.scopes.replace(",", " ").split():
        raise HTTPException(403, f"the token lacks the scope {SCOPE}")
    return _Caller(row.name, row.rate_per_minute)


def _lines(data: bytes, content_type: str) -> list[tuple[int, bytes]]:
    """Each line with its number as it was sent: empty ones count, and are left out."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("application/x-ndjson", "application/ndjson", "application/jsonl"):
        lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    elif kind == "application/json":
        lines = [(1, data)]
    else:
        raise HTTPException(415, "expected application/json or application/x-ndjson")
    if not lines or not data.strip():
        raise HTTPException(400, "an empty body")
    if len(lines) > MAX_ARTICLES:
        raise HTTPException(413, f"more than {MAX_ARTICLES} articles in one request")
    return lines


def _take(
    settings: Settings, store: Store, clock: Clock, names: dict[str, PushSettings], caller: _Caller,
    lines: list[tuple[int, bytes]],
) -> Receipt:  # fmt: skip
    refused: list[RefusedLine] = []
    articles: list[tuple[int, Article]] = []
    ignored: dict[int, list[str]] = {}
    now = clock.now_ms()
    for number, line in lines:
        try:
            sent = orjson.loads(line)
            pushed = PushedArticle.model_validate(sent)
        except orjson.JSONDecodeError as error:
            refused.append(RefusedLine(line=number, reason="bad_json", detail=str(error)))
            continue
        except ValueError as error:
            refused.append(RefusedLine(line=number, reason="bad_row", detail=_first_fault(error)))
            continue
        name = pushed.source or _plain(caller.name)
        if pushed.source and pushed.source not in names and pushed.source != caller.name:
            known = ", ".join(sorted(names)) or "none"
            detail = f"no source {pushed.source!r} of kind push; known: {known}"
            refused.append(RefusedLine(line=number, reason="unknown_source", detail=detail))
            continue
        record = build(_item(pushed, line), _about(settings, names.get(name), name), now)
        if isinstance(record, DeadLetter):
            refused.append(RefusedLine(line=number, reason=str(record.reason), detail=record.detail))
        else:
            articles.append((number, record))
            ignored[number] = _ignored(sent)
    new = _store(store, [article for _, article in articles], now)
    taken = []
    for number, article in articles:
        repeated = article.origin not in new
        taken.append(Taken(line=number, id=article.id, repeated=repeated, ignored=ignored[number]))
        new.discard(article.origin)
    return Receipt(taken=taken, refused=refused)


def _store(store: Store, articles: list[Article], now: int) -> set[str]:
    """Put what is new into `pending` and count it as read, in one transaction; returns the new origins."""
    unique = {article.origin: article for article in articles}
    if not unique:
        return set()
    with store.write() as connection:
        new: set[str] = set()
        for origin, article in unique.items():
            row = {"origin": origin, "source": article.source, "article": encode(article)}
            if insert_absent(connection, pending, [row]):
                new.add(origin)
        # Looked up behind the insert: a row settled and pruned in between is seen here.
        for start in range(0, len(names := sorted(new)), 500):
            chunk = names[start : start + 500]
            settled = (
                connection.execute(select(origins.c.origin).where(origins.c.origin.in_(chunk)))
                .scalars()
                .all()
            )
            for origin in settled:
                connection.execute(pending.delete().where(pending.c.origin == origin))
                new.discard(origin)
        per_source: dict[str, int] = {}
        for origin in new:
            per_source[unique[origin].source] = per_source.get(unique[origin].source, 0) + 1
        for source, number in per_source.items():
            key = f"push:{source}"
            first: dict[str, Any] = {
                "source": key,
                "state": "{}",
                "read": 0,
                "done": False,
                "updated_at": now,
            }
            insert_absent(connection, cursors, [first])
            connection.execute(
                update(cursors)
                .where(cursors.c.source == key)
                .values(read=cursors.c.read + number, updated_at=now)
            )
    return new


def _item(pushed: PushedArticle, line: bytes) -> NewsItem:
    return NewsItem(
        url=pushed.url if canonical(pushed.url) else "",
        own_id=pushed.id,
        by_own_id=bool(pushed.id),  # sent again without its address, or with another, it is the same
        title=pushed.title,
        body=pushed.body,
        published="" if pushed.published_at is None else str(pushed.published_at),
        language=pushed.language,
        publisher=pushed.publisher,
        author=pushed.author,
        tickers=pushed.tickers or None,
        raw=line,
        extra={name: value for name, value in pushed.extra.items() if name not in _OURS},
    )


def _ignored(sent: dict[str, Any]) -> list[str]:
    """The first few fields of a pushed object of which nothing was kept."""
    unknown = [name for name in sent if name not in PushedArticle.model_fields]
    unknown += [f"extra.{name}" for name in sent.get("extra", ()) if name in _OURS]
    return [name[:100] for name in unknown[:20]]


def _about(settings: Settings, spec: PushSettings | None, name: str) -> SourceInfo:
    limit = settings.ingest.max_article_bytes
    if spec is None:
        return SourceInfo(name=name, max_bytes=limit)
    return SourceInfo(name, spec.publisher, spec.language, spec.timezone, limit, spec.trust)


def _plain(name: str) -> str:
    return "".join(char if char.isalnum() or char in "_.:-" else "_" for char in name)[:100] or "push"


def _first_fault(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)[:300]
    fault: Any = errors()[0]
    return f"{'.'.join(str(step) for step in fault['loc']) or 'article'}: {fault['msg']}"[:300]


def decode_pending(row: bytes) -> Article:
    """An article as `pending` holds it."""
    return msgspec.json.decode(row, type=Article)
