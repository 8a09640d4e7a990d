"""POST /v1/articles: other systems push articles, one JSON object or NDJSON. `newsquake up` mounts the router.

What is taken waits in the store for the ingest process, which sends it to the broker: 202 means it is on disk. The
same article sent again has the same origin and counts once. A bad line spoils no other.
"""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import JSONResponse

from core.clock import Clock, SystemClock
from core.errors import StoreUnavailable
from core.settings import Settings
from core.store import Store
from ingest.push.rate_limit import RateLimiter
from ingest.push.request import caller_of, read_body, split_lines
from ingest.push.schema import Problem, PushedArticle, Receipt
from ingest.push.taking import take_lines
from ingest.sources.loading import load_sources
from ingest.sources.push.settings import PushSettings


def push_router(settings: Settings, store: Store, clock: Clock | None = None) -> APIRouter:
    """Return the router. Every push needs a bearer token with the scope `push` (newsquake tokens create)."""
    time_source = clock or SystemClock()
    rates = RateLimiter()
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
            caller = await run_in_threadpool(caller_of, store, authorization)
            if wait := rates.wait_s(caller.name, caller.rate, time.monotonic()):
                raise HTTPException(
                    429, "more than the token's rate", {"Retry-After": str(max(1, round(wait)))}
                )
            data = await read_body(request)
            lines = split_lines(data, request.headers.get("content-type", ""))
            receipt = await run_in_threadpool(take_lines, settings, store, time_source, names, caller, lines)
        except StoreUnavailable as error:
            raise HTTPException(503, "the store is away; try again", {"Retry-After": "5"}) from error
        # What is well formed gets 202 with the word on each line; 422 is for a body without one article in it.
        malformed = all(line.reason in ("bad_json", "bad_row") for line in receipt.refused)
        return JSONResponse(receipt.model_dump(), 422) if malformed and not receipt.taken else receipt

    return router


def push_components() -> dict[str, dict[str, Any]]:
    """Return the OpenAPI components that the router's routes refer to, to be merged into `components`."""
    return {
        "schemas": {"PushedArticle": PushedArticle.model_json_schema()},
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "newsquake tokens create"}
        },
    }
