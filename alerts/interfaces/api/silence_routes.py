"""Routes that list, add and end silences."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query

from alerts.handling import silences
from alerts.interfaces.api.bodies import HandlingResult, NewSilence, SilenceView
from alerts.interfaces.api.parameters import actor_of, known_alert
from alerts.interfaces.moments import parse_moment
from core.auth import TokenAuthenticator
from core.errors import ConfigError
from core.store import Store
from core.times import iso


def add_silence_routes(router: APIRouter, desk: str, store: Store, tokens: TokenAuthenticator) -> None:
    """Add the routes to `router`."""
    handles = Depends(tokens.requires("handle"))

    @router.get("/silences", dependencies=[Depends(tokens.requires("read"))])
    def list_silences(
        open: Annotated[bool, Query(description="Only those in force or to come.")] = False,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[SilenceView]:
        """Silences: those in force or to come, then those that are over; of either the latest first."""
        with store.read() as connection:
            found = silences.newest(connection, desk, store.now_ms(connection), limit, over=not open)
        return [_shown(one) for one in found]

    @router.post("/silences", status_code=201)
    def add_silence(silence: NewSilence, token: str = handles) -> SilenceView:
        """Silence alerts that match, for a time."""
        matchers = {
            "rule": silence.rule,
            "series": silence.series,
            "severity": ",".join(silence.severity),
        }
        with store.write() as connection:
            if silence.alert:
                matchers["alert"] = known_alert(connection, desk, silence.alert)
            now = store.now_ms(connection)
            try:
                made = silences.add(
                    connection, desk, matchers, starts_at=parse_moment(silence.starts_at, now, "starts_at"),
                    ends_at=parse_moment(silence.ends_at, now, "ends_at"), reason=silence.reason,
                    author=actor_of(token, silence.actor), now_ms=now,
                )  # fmt: skip
            except ConfigError as error:
                raise HTTPException(400, str(error)) from error
        return _shown(made)

    @router.delete("/silences/{which}")
    def expire_silence(
        which: Annotated[str, Path(min_length=8, max_length=64, pattern="^[0-9a-z_]+$")],
        token: str = handles,
    ) -> HandlingResult:
        """End a silence now; alerts that still fire notify again."""
        with store.write() as connection:
            try:
                name = silences.expire(
                    connection, desk, which, actor=actor_of(token, ""), now_ms=store.now_ms(connection)
                )
            except ConfigError as error:
                raise HTTPException(404, str(error)) from error
        return HandlingResult(id=name, action="expire")


def _shown(one: silences.Silence) -> SilenceView:
    return SilenceView(
        id=one.id, matchers=dict(one.matchers), starts_at=iso(one.starts_at), ends_at=iso(one.ends_at),
        reason=one.reason, author=one.author, expired=one.expired,
    )  # fmt: skip
