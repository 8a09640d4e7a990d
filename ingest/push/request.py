"""Reading a push request: who sends it, its body, its lines. What is wrong raises HTTPException with the status."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from fastapi import HTTPException, Request
from sqlalchemy import select

from core.store import Store
from core.tables import tokens

MAX_BYTES = 8 << 20
MAX_ARTICLES = 5000
SCOPE = "push"


@dataclass
class Caller:
    """The owner of the token of a request."""

    name: str
    rate: int
    """Requests a minute."""


def caller_of(store: Store, authorization: str) -> Caller:
    """Return the caller of an `Authorization` header. Raises HTTPException 401 or 403, and StoreUnavailable."""
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
    return Caller(row.name, row.rate_per_minute)


async def read_body(request: Request) -> bytes:
    """The request's body. Raises HTTPException 413 where it is over MAX_BYTES."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            raise HTTPException(413, f"more than {MAX_BYTES} bytes in one request")
    return bytes(data)


def split_lines(data: bytes, content_type: str) -> list[tuple[int, bytes]]:
    """Return (number from 1, bytes) of each line that is not empty; empty ones count for the number.

    Raises HTTPException: 415 for another content type, 400 for an empty body, 413 for over MAX_ARTICLES lines.
    """
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
