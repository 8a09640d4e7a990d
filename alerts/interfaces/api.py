"""The HTTP API for alerts: list, show, evidence, handle, silences, notifications. The roof mounts it.

Scopes: `read` looks, `handle` acts. The actor in the audit log is `api:TOKEN-NAME`, with the person whom the caller
names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection, select

from alerts.delivery import outbox
from alerts.errors import one_of
from alerts.handling import actions as handling
from alerts.handling import audit, silences
from alerts.interfaces import listing
from alerts.interfaces.cli.options import moment_of
from core.auth import TokenAuthenticator
from core.errors import ConfigError
from core.settings import Settings
from core.store import Store
from core.tables import alert_lines
from core.times import iso, parse_iso

Severity = Literal["low", "medium", "high", "critical"]
AlertId = Annotated[
    str, Path(min_length=6, max_length=64, pattern="^[0-9a-f]+$", description="An id, or its beginning.")
]


class ErrorBody(BaseModel):
    """An error."""

    detail: str


class AlertSummary(BaseModel):
    """An alert in a list."""

    id: str
    kind: Literal["market", "outage"]
    rule: str
    rule_version: str
    series: str
    state: Literal["pending", "firing", "resolved"]
    severity: Severity
    onset: str
    fired_at: str | None
    resolved_at: str | None
    incident: str
    acknowledged: bool
    acknowledged_by: str
    closed_by: str
    silenced: bool
    inhibited_by: str
    escalation: int = Field(description="How many steps of `notify.escalate` were taken; 0: none.")
    disposition: str
    reason: str


Reason = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(audit.reason_field)]


class RequestBody(BaseModel):
    """What a caller sends: a key that is not known is refused, as it would otherwise say nothing."""

    model_config = ConfigDict(extra="forbid")


class HandlingRequest(RequestBody):
    """What is done with an alert."""

    action: Literal["acknowledge", "unacknowledge", "close", "dispose"]
    reason: Reason
    actor: str = Field("", max_length=150, description="The person on whose behalf; goes into the audit log.")
    disposition: handling.Disposition | None = Field(
        None, description="For dispose; with close, the alert is judged as well."
    )


class HandlingResult(BaseModel):
    """The action that was carried out."""

    id: str
    action: str


class NewSilence(RequestBody):
    """A silence to be added; all matchers that are given must match.

    They stand beside the rest, or in `matchers` as in the answer to GET.
    """

    rule: str = Field("", max_length=200, description="A glob.")
    series: str = Field("", max_length=400, description="A glob.")
    severity: list[Severity] = []
    alert: str = Field("", max_length=64)
    starts_at: str = Field("0s", max_length=40, description="ISO 8601, or a span from now.")
    ends_at: str = Field(max_length=40, description="ISO 8601, or a span from now such as 2h.")
    reason: Reason
    actor: str = Field("", max_length=150)

    @model_validator(mode="before")
    @classmethod
    def _as_shown(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("matchers"), dict):
            return data
        rest = {name: value for name, value in data.items() if name != "matchers"}
        matchers = dict(data["matchers"])
        if both := sorted(set(matchers) & set(rest)):
            raise ValueError(f"{both[0]} stands both in matchers and beside it")
        if wrong := sorted(set(matchers) - {"rule", "series", "severity", "alert"}):
            raise ValueError(f"no matcher is called {wrong[0]!r}; known: rule, series, severity, alert")
        if isinstance(matchers.get("severity"), str):  # as it is shown: by commas
            matchers["severity"] = matchers["severity"].split(",")
        return {**rest, **matchers}


class SilenceView(BaseModel):
    """A silence."""

    id: str
    matchers: dict[str, str]
    starts_at: str
    ends_at: str
    reason: str
    author: str
    expired: bool


def alerts_router(settings: Settings, store: Store) -> APIRouter:
    """The routes under /v1/alerts, /v1/silences and /v1/notifications."""
    tokens = TokenAuthenticator(store)
    problems: dict[int | str, dict[str, Any]] = {
        code: {"model": ErrorBody} for code in (400, 401, 403, 404, 409, 429, 503)
    }
    router = APIRouter(prefix="/v1", tags=["alerts"], responses=problems)
    _reading(router, settings.alerts.desk, store, tokens)
    _handling(router, settings.alerts.desk, store, tokens)
    _silencing(router, settings.alerts.desk, store, tokens)
    return router


def _reading(router: APIRouter, desk: str, store: Store, tokens: TokenAuthenticator) -> None:
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
        begin = _moment(since)
        with store.read() as connection:
            found = listing.listed(
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
            _known(connection, desk, alert)
            return listing.card(connection, desk, alert)

    @router.get("/alerts/{alert}/evidence", dependencies=reads, response_class=Response)
    def evidence(alert: AlertId) -> Response:
        """The evidence pack of its last firing, byte for byte as recorded."""
        with store.read() as connection:
            name = _known(connection, desk, alert)
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


def _handling(router: APIRouter, desk: str, store: Store, tokens: TokenAuthenticator) -> None:
    handles = Depends(tokens.requires("handle"))

    @router.post("/alerts/{alert}/handling")
    def handle(alert: AlertId, request: HandlingRequest, token: str = handles) -> HandlingResult:
        """Acknowledge, take back, close or judge an alert. Needs the scope `handle` and a reason.

        A closed alert is told no more, but for its end. `close` with a disposition judges as well; one that is over
        already is only judged.
        """
        if request.action == "dispose" and request.disposition is None:
            raise HTTPException(400, f"disposition: {one_of(handling.DISPOSITIONS)}, for dispose")
        if request.disposition is not None and request.action not in ("dispose", "close"):
            raise HTTPException(400, f"disposition: not with {request.action}; dispose or close takes one")
        with store.write() as connection:
            name = _known(connection, desk, alert)
            common = {
                "actor": _actor(token, request.actor),
                "reason": request.reason,
                "now_ms": store.now_ms(connection),
            }
            if request.disposition is not None:
                judge = handling.resolve if request.action == "close" else handling.dispose
                _refusing(judge, connection, desk, name, request.disposition, **common)
            else:
                actions: dict[str, Callable[..., Any]] = {
                    "acknowledge": handling.acknowledge,
                    "unacknowledge": handling.unacknowledge,
                    "close": handling.close,
                }
                _refusing(actions[request.action], connection, desk, name, **common)
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
                connection, at=now, desk=desk, actor=_actor(token, ""), action="delivery.replay", subject=which,
                detail={"notifications": number},
            )  # fmt: skip
        return {"notifications": number}


def _silencing(router: APIRouter, desk: str, store: Store, tokens: TokenAuthenticator) -> None:
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
                matchers["alert"] = _known(connection, desk, silence.alert)
            now = store.now_ms(connection)
            try:
                made = silences.add(
                    connection, desk, matchers, starts_at=moment_of(silence.starts_at, now, "starts_at"),
                    ends_at=moment_of(silence.ends_at, now, "ends_at"), reason=silence.reason,
                    author=_actor(token, silence.actor), now_ms=now,
                )  # fmt: skip
            except ConfigError as error:
                raise HTTPException(400, str(error)) from error
        return _shown(made)

    @router.delete("/silences/{which}")
    def expire_silence(
        which: Annotated[str, Path(min_length=8, max_length=64, pattern="^[0-9a-z_]+$")],
        token: str = handles,
    ) -> HandlingResult:
        """End a silence now; what still fires is told."""
        with store.write() as connection:
            try:
                name = silences.expire(
                    connection, desk, which, actor=_actor(token, ""), now_ms=store.now_ms(connection)
                )
            except ConfigError as error:
                raise HTTPException(404, str(error)) from error
        return HandlingResult(id=name, action="expire")


def _shown(one: silences.Silence) -> SilenceView:
    return SilenceView(
        id=one.id, matchers=dict(one.matchers), starts_at=iso(one.starts_at), ends_at=iso(one.ends_at),
        reason=one.reason, author=one.author, expired=one.expired,
    )  # fmt: skip


def _actor(token: str, person: str) -> str:
    person = " ".join(person.split())
    return f"api:{token} for {person}" if person else f"api:{token}"


def _known(connection: Connection, desk: str, which: str) -> str:
    try:
        return str(handling.find(connection, desk, which).id)
    except ConfigError as error:
        raise HTTPException(404, str(error)) from error


def _refusing(action: Callable[..., Any], *arguments: Any, **fields: Any) -> None:
    try:
        action(*arguments, **fields)
    except ConfigError as error:
        raise HTTPException(409, str(error)) from error


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_iso(text)
    except ValueError as error:
        raise HTTPException(400, f"since {text}: {error}") from error
