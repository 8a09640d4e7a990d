"""The router of the HTTP API for alerts: list, show, evidence, handle, silences, notifications.

Scopes: `read` looks, `handle` acts. The actor in the audit log is `api:TOKEN-NAME`, with the person whom the caller
names.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from alerts.interfaces.api.bodies import ErrorBody
from alerts.interfaces.api.handling_routes import add_handling_routes
from alerts.interfaces.api.read_routes import add_read_routes
from alerts.interfaces.api.silence_routes import add_silence_routes
from core.auth import TokenAuthenticator
from core.settings import Settings
from core.store import Store


def alerts_router(settings: Settings, store: Store) -> APIRouter:
    """Return the routes under /v1/alerts, /v1/silences and /v1/notifications, for the desk of the settings."""
    tokens = TokenAuthenticator(store)
    errors: dict[int | str, dict[str, Any]] = {
        code: {"model": ErrorBody} for code in (400, 401, 403, 404, 409, 429, 503)
    }
    router = APIRouter(prefix="/v1", tags=["alerts"], responses=errors)
    for add in (add_read_routes, add_handling_routes, add_silence_routes):
        add(router, settings.alerts.desk, store, tokens)
    return router
