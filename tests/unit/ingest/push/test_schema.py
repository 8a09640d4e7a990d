"""schemathesis: whatever it throws at the push API, the answers are the ones that OpenAPI promises."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, given, settings

from core.settings import load_settings
from core.store import open_store, upsert
from core.tables import tokens
from ingest.push.router import push_components, push_router

schemathesis = pytest.importorskip("schemathesis")


def make_app(folder: Path) -> FastAPI:
    found = load_settings(None, {"store": {"url": f"sqlite:///{folder}/s.db"}}, environ={})
    store = open_store(found.store)
    row = {
        "hash": hashlib.sha256(b"token").hexdigest(), "name": "t", "scopes": "push", "rate_per_minute": 1_000_000,
        "created_at": 0, "revoked": False,
    }  # fmt: skip
    with store.write() as connection:
        upsert(connection, tokens, [row])
    app = FastAPI()
    app.include_router(push_router(found, store))

    def openapi() -> dict[str, Any]:
        schema = get_openapi(title="t", version="1", routes=app.routes)
        for kind, parts in push_components().items():
            schema["components"].setdefault(kind, {}).update(parts)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_answers_are_those_that_openapi_promises(tmp_path: Path, mode: str) -> None:
    operation = schemathesis.openapi.from_asgi("/openapi.json", make_app(tmp_path))["/v1/articles"]["POST"]
    statuses: set[int] = set()

    # Driven by hand: its pytest plugin leans on private parts of pytest.
    @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def run(case: Any) -> None:
        response = case.call(headers={"Authorization": "Bearer token"})
        case.validate_response(response)
        statuses.add(response.status_code)

    run()
    assert statuses <= {202, 400, 401, 413, 415, 422}
    assert 202 in statuses or mode == "negative"
