"""The HTTP API: push, alerts, series, health and metrics; OpenAPI on /openapi.json and /docs.

Everything but /healthz, /readyz and the docs needs a bearer token (newsquake tokens create).
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import select

from alerts.interfaces.api import alerts_router
from alerts.interfaces.figures import UnknownSeries, figures_of
from core import tables
from core.auth import TokenAuthenticator
from core.errors import ConfigError, StoreUnavailable
from core.settings import Settings
from core.store import Store, open_store
from core.times import iso, parse_iso, parse_span
from ingest.push.router import push_components, push_router


class Point(BaseModel):
    """One pane of a series, as decided. Sentiment is the mean over decided stories, -1..1; null where there is none."""

    start: str
    end: str
    articles: int
    stories: int
    publishers: int
    negative: int
    decided: int
    sentiment: float | None


class Figure(BaseModel):
    """A figure, its 95 % interval and of how many stories it is; null is NA, never 0."""

    value: float | None
    low: float | None
    high: float | None
    n: float


class Figures(BaseModel):
    """A window of a series. `observed` is false where none of its sources was being read; then every figure is NA."""

    series: str
    start: str
    end: str
    observed: bool
    least_stories: int
    figures: dict[str, Figure]


def create_app(settings: Settings, store: Store | None = None) -> FastAPI:
    """The application. Raises ConfigError or StoreUnavailable."""
    opened = store or open_store(settings.store)
    tokens = TokenAuthenticator(opened)
    app = FastAPI(
        title="Newsquake",
        version="1",
        description="A seismograph for financial news in English and Chinese.",
    )
    app.include_router(push_router(settings, opened))
    app.include_router(alerts_router(settings, opened))
    _mount_series(app, settings, opened, tokens)
    _mount_operations(app, opened, tokens)

    @app.exception_handler(StoreUnavailable)
    def _away(_: object, error: StoreUnavailable) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 503, {"Retry-After": "5"})

    @app.exception_handler(ConfigError)
    def _usage(_: object, error: ConfigError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 422)

    @app.exception_handler(RequestValidationError)
    def _invalid(_: object, error: RequestValidationError) -> Response:
        # As FastAPI's own, but in ASCII: what was sent may hold half a surrogate pair, which no UTF-8 can say back.
        told = json.dumps({"detail": jsonable_encoder(error.errors())})
        return Response(told, 422, media_type="application/json")

    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        components = document.setdefault("components", {})
        for kind, parts in push_components().items():
            components.setdefault(kind, {}).update(parts)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def _mount_series(app: FastAPI, settings: Settings, store: Store, tokens: TokenAuthenticator) -> None:
    @app.get(
        "/v1/series/{name:path}", tags=["series"], dependencies=[Depends(tokens.requires("read"))],
        responses={404: {"description": "No series of that name."}},
    )  # fmt: skip
    def series(
        name: str,
        start: Annotated[str | None, Query(alias="from", description="ISO 8601, UTC")] = None,
        end: Annotated[str | None, Query(alias="to")] = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
        window: Annotated[
            str | None,
            Query(max_length=20, description="Such as 3h: the figures of one window, which ends at `to`."),
        ] = None,
    ) -> list[Point] | Figures:
        """Panes of one series, oldest first: `all`, `topic:energy`, `entity:US:AAPL/topic:legal_regulation@en` ...

        With `window`, instead the figures of the window that ends at `to` (left out: where the desk stands), each
        with its interval.
        """
        try:
            since, until = (parse_iso(text) if text else None for text in (start, end))
            length = parse_span(window) if window else None
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        if length is not None:
            if since is not None:
                raise HTTPException(422, "say `window` or `from`, not both")
            alerts = settings.alerts
            try:
                with store.read() as connection:
                    found = figures_of(connection, alerts.desk, name, length, alerts.pane, until)
            except UnknownSeries as error:
                raise HTTPException(404, str(error)) from error
            return Figures(**found.as_json())
        panes = tables.panes
        query = select(panes).where(panes.c.desk == settings.alerts.desk, panes.c.series == name)
        if since is not None:
            query = query.where(panes.c.start >= since)
        if until is not None:
            query = query.where(panes.c.start < until)
        with store.read() as connection:
            rows = connection.execute(query.order_by(panes.c.start).limit(limit)).all()
        return [
            Point(
                start=iso(row.start),
                end=iso(row.end),
                articles=row.articles,
                stories=row.stories,
                publishers=row.publishers,
                negative=row.negative,
                decided=row.decided,
                sentiment=round(row.sentiment_sum / row.decided / 10_000, 4) if row.decided else None,
            )
            for row in rows
        ]


def _mount_operations(app: FastAPI, store: Store, tokens: TokenAuthenticator) -> None:
    @app.get("/healthz", tags=["operations"])
    def alive() -> dict[str, str]:
        """This process is running."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["operations"])
    def ready() -> JSONResponse:
        """The store answers, and every running stage has reported within 30 seconds."""
        with store.read() as connection:
            now = store.now_ms(connection)
            rows = connection.execute(select(tables.stages)).all()
        quiet = {"stopped", "done", "failed"}
        stages = {row.stage: row.status for row in rows}
        stages |= {
            row.stage: "silent" for row in rows if row.status not in quiet and now - row.updated_at > 30_000
        }
        bad = [
            name
            for name, status in stages.items()
            if status in {"silent", "failed", "paused", "pipeline_stalled"}
        ]
        return JSONResponse({"status": "degraded" if bad else "ok", "stages": stages}, 503 if bad else 200)

    @app.get("/metrics", tags=["operations"], dependencies=[Depends(tokens.requires("read"))])
    def metrics() -> Response:
        """Prometheus text."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
