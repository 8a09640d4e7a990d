"""What the routes share: parameters, the actor for the audit log, refusals as HTTP errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import HTTPException, Path
from sqlalchemy import Connection

from alerts.handling import actions as handling
from core.errors import ConfigError
from core.times import parse_iso

AlertId = Annotated[
    str, Path(min_length=6, max_length=64, pattern="^[0-9a-f]+$", description="An id, or its beginning.")
]


def actor_of(token: str, person: str) -> str:
    """Return the actor for the audit log: the token's name and, where given, the person on whose behalf it acts."""
    person = " ".join(person.split())
    return f"api:{token} for {person}" if person else f"api:{token}"


def known_alert(connection: Connection, desk: str, which: str) -> str:
    """Return the id of the alert whose id begins with `which`. Raises HTTPException 404 where not exactly one does."""
    try:
        return str(handling.find(connection, desk, which).id)
    except ConfigError as error:
        raise HTTPException(404, str(error)) from error


def perform(action: Callable[..., Any], *arguments: Any, **fields: Any) -> None:
    """Call `action`. Raises HTTPException 409 where it is rejected."""
    try:
        action(*arguments, **fields)
    except ConfigError as error:
        raise HTTPException(409, str(error)) from error


def since_ms(text: str | None) -> int | None:
    """Return `since` (ISO 8601) in epoch ms, None for None. Raises HTTPException 400 where it is no time."""
    if text is None:
        return None
    try:
        return parse_iso(text)
    except ValueError as error:
        raise HTTPException(400, f"since {text}: {error}") from error
