"""Bodies of requests and answers of the HTTP API for alerts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from alerts.handling import actions as handling
from alerts.reasons import reason_field
from alerts.records import Severity


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


Reason = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(reason_field)]


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
            raise ValueError(f"{both[0]} is given both in matchers and beside it")
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
