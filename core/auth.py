"""Bearer tokens: hashed in the store, each with scopes and a rate.

`TokenAuthenticator(store).requires("push")` is a FastAPI dependency that returns the token's name, for audit records.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from fastapi import HTTPException, Request
from sqlalchemy import select

from core.store import Store
from core.tables import tokens

_FRESH_S = 5.0
"""How long a token is cached: a revoked one is refused within this time."""


@dataclass
class _Known:
    name: str
    scopes: frozenset[str]
    per_minute: int
    loaded_at: float
    allowance: float


class TokenAuthenticator:
    """Checks bearer tokens against the store and limits each token's rate (a bucket of one minute's requests)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, _Known] = {}
        self._used_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def requires(self, scope: str) -> Callable[[Request], str]:
        """Return a FastAPI dependency that returns the name of the request's token.

        It raises HTTPException 401 (no token, or an unknown one), 403 (without `scope`) or 429 (over its rate).
        """

        def check(request: Request) -> str:
            kind, _, token = request.headers.get("authorization", "").partition(" ")
            if kind.lower() != "bearer" or not token:
                raise HTTPException(
                    401, "a bearer token is needed (newsquake tokens create)", {"WWW-Authenticate": "Bearer"}
                )
            return self.check(token.strip(), scope)

        return check

    def check(self, token: str, scope: str) -> str:
        """Return the token's name.

        Raises HTTPException 401 (unknown or revoked), 403 (without `scope`) or 429 (over its rate).
        """
        key = sha256(token.encode()).hexdigest()
        with self._lock:
            known = self._look_up(key)
            if known is None:
                raise HTTPException(401, "unknown or revoked token", {"WWW-Authenticate": "Bearer"})
            if scope not in known.scopes:
                raise HTTPException(403, f"this token has no scope {scope!r}")
            now = time.monotonic()
            passed = now - self._used_at.get(key, now)
            known.allowance = min(known.per_minute, known.allowance + passed * known.per_minute / 60)
            self._used_at[key] = now
            if known.allowance < 1:
                wait = max(1, round((1 - known.allowance) * 60 / known.per_minute))
                raise HTTPException(
                    429, f"over {known.per_minute} requests a minute", {"Retry-After": str(wait)}
                )
            known.allowance -= 1
            return known.name

    def _look_up(self, key: str) -> _Known | None:
        now = time.monotonic()
        known = self._known.get(key)
        if known is not None and now - known.loaded_at < _FRESH_S:
            return known
        with self._store.read() as connection:
            row = connection.execute(
                select(tokens).where(tokens.c.hash == key, tokens.c.revoked.is_(False))
            ).one_or_none()
        if row is None:
            self._known.pop(key, None)
            return None
        allowance = known.allowance if known is not None else float(row.rate_per_minute)
        fresh = _Known(row.name, frozenset(row.scopes.split()), row.rate_per_minute, now, allowance)
        self._known[key] = fresh
        return fresh
