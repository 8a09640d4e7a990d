"""Routes that act on alerts and notifications. Scope `handle`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path

from alerts.delivery import outbox
from alerts.errors import one_of
from alerts.handling import actions as handling
from alerts.handling import audit
from alerts.interfaces.api.bodies import HandlingRequest, HandlingResult
from alerts.interfaces.api.parameters import AlertId, actor_of, known_alert, perform
from core.auth import TokenAuthenticator
from core.errors import ConfigError
from core.store import Store


def add_handling_routes(router: APIRouter, desk: str, store: Store, tokens: TokenAuthenticator) -> None:
    """Add the routes to `router`."""
    handles = Depends(tokens.requires("handle"))

    @router.post("/alerts/{alert}/handling")
    def handle(alert: AlertId, request: HandlingRequest, token: str = handles) -> HandlingResult:
        """Acknowledge, take back, close or judge an alert. Needs the scope `handle` and a reason.

        A closed alert notifies no more, but for its end. `close` with a disposition judges as well; one that is over
        already is only judged.
        """
        if request.action == "dispose" and request.disposition is None:
            raise HTTPException(400, f"disposition: {one_of(handling.DISPOSITIONS)}, for dispose")
        if request.disposition is not None and request.action not in ("dispose", "close"):
            raise HTTPException(400, f"disposition: not with {request.action}; dispose or close takes one")
        with store.write() as connection:
            name = known_alert(connection, desk, alert)
            common = {
                "actor": actor_of(token, request.actor),
                "reason": request.reason,
                "now_ms": store.now_ms(connection),
            }
            if request.disposition is not None:
                judge = handling.resolve if request.action == "close" else handling.dispose
                perform(judge, connection, desk, name, request.disposition, **common)
            else:
                actions: dict[str, Callable[..., Any]] = {
                    "acknowledge": handling.acknowledge,
                    "unacknowledge": handling.unacknowledge,
                    "close": handling.close,
                }
                perform(actions[request.action], connection, desk, name, **common)
        return HandlingResult(id=name, action=request.action)

    @router.post("/notifications/{which}/replay")
    def replay(
        which: Annotated[str, Path(min_length=8, max_length=80, pattern="^[0-9a-z_]+$")],
        token: str = handles,
    ) -> dict[str, int]:
        """Send again; ids stay, so that receivers can drop doubles."""
        with store.write() as connection:
            now = store.now_ms(connection)
            try:
                number = outbox.replay(connection, desk, which, None, now)
            except ConfigError as error:
                raise HTTPException(404, str(error)) from error
            audit.append(
                connection, at=now, desk=desk, actor=actor_of(token, ""), action="delivery.replay", subject=which,
                detail={"notifications": number},
            )  # fmt: skip
        return {"notifications": number}
