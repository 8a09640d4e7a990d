"""Routes that read: alerts, their evidence, notifications. Scope `read`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import Response
from sqlalchemy import select

from alerts.interfaces import listing
from alerts.interfaces.api.bodies import AlertSummary
from alerts.interfaces.api.parameters import AlertId, known_alert, since_ms
from core.auth import TokenAuthenticator
from core.store import Store
from core.tables import alert_lines


def add_read_routes(router: APIRouter, desk: str, store: Store, tokens: TokenAuthenticator) -> None:
    """Add the routes to `router`."""
    reads = [Depends(tokens.requires("read"))]

    @router.get("/alerts", dependencies=reads)
    def list_alerts(
        state: Literal["pending", "firing", "resolved"] | None = None,
        rule: Annotated[str | None, Query(max_length=200)] = None,
        series: Annotated[str | None, Query(max_length=200, description="A part of its name.")] = None,
        kind: Annotated[
            Literal["market", "outage"] | None, Query(description="Outages are of sources, not of news.")
        ] = None,
        since: Annotated[str | None, Query(max_length=40, description="Onset not before; ISO 8601.")] = None,
        open: Annotated[
            bool, Query(description="Only those that fire and nobody acknowledged or closed.")
        ] = False,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[AlertSummary]:
        """Alerts that fired, the newest first."""
        begin = since_ms(since)
        with store.read() as connection:
            found = listing.list_alerts(
                connection,
                desk,
                state=state,
                rule=rule,
                series=series,
                kind=kind,
                since=begin,
                unhandled=open,
                limit=limit,
                now_ms=store.now_ms(connection),
            )
        return [AlertSummary(**one) for one in found]

    @router.get("/alerts/{alert}", dependencies=reads)
    def show_alert(alert: AlertId) -> dict[str, Any]:
        """One alert: its changes, sentence, headlines, notifications and history."""
        with store.read() as connection:
            known_alert(connection, desk, alert)
            return listing.show_alert(connection, desk, alert)

    @router.get("/alerts/{alert}/evidence", dependencies=reads, response_class=Response)
    def evidence(alert: AlertId) -> Response:
        """The evidence pack of its last firing, byte for byte as recorded."""
        with store.read() as connection:
            name = known_alert(connection, desk, alert)
            packs = connection.execute(
                select(alert_lines.c.evidence)
                .where(alert_lines.c.desk == desk, alert_lines.c.id == name, alert_lines.c.state == "firing")
                .order_by(alert_lines.c.decided_at.desc())
            ).scalars()
            pack = next((one for one in packs if one), None)
        if pack is None:
            raise HTTPException(404, f"alert {name} has no evidence pack")
        return Response(pack, media_type="application/json")

    @router.get("/notifications", dependencies=reads)
    def list_notifications(
        status: Literal["pending", "sent", "refused", "expired", "withheld"] | None = None,
        channel: Annotated[str | None, Query(max_length=120)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[dict[str, Any]]:
        """What was sent to whom, and what was not and why; the newest first."""
        with store.read() as connection:
            return listing.notifications(connection, desk, status=status, channel=channel, limit=limit)
