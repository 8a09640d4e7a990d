"""Settings that every kind of source has, in YAML; each kind adds its own in `ingest/sources/KIND/settings.py`."""

from __future__ import annotations

import zoneinfo
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core.settings import Span, within
from ingest.times.cron import cron_trigger
from ingest.web.urls import canonical


def _url(value: str) -> str:
    if not canonical(value):
        raise ValueError("expected an http or https address")
    return value


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("expected a time zone such as Asia/Shanghai") from error
    return value


def _cron(value: str | None) -> str | None:
    if value is not None:
        try:
            cron_trigger(value)
        except ValueError as error:
            raise ValueError(f"expected five cron fields ({error})") from error
    return value


def _date_word(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value  # YAML reads 2026-01-31 as a date


Url = Annotated[str, AfterValidator(_url)]
"""An http or https address."""


class SourceSettings(BaseModel):
    """What all kinds share. A kind's own model adds `kind: Literal["NAME"]` and its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][\w.:-]{0,99}$")
    enabled: bool = True
    every: Annotated[Span, within(1_000)] = 300_000
    """How often to poll."""
    cron: Annotated[str | None, AfterValidator(_cron)] = None
    """In place of `every`: five cron fields, in the source's time zone."""
    jitter: Span | None = None
    """Up to so much is added to each time; default: a tenth of `every`, at most 30 s."""
    publisher: str = ""
    """Who publishes there; default: the registrable domain of each article's address."""
    language: str = ""
    """A hint, where the text does not say it clearly."""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """Of times that name none."""
    delay: Span = Field(0, ge=0)
    """How long after its publish time the source is known to deliver; used by replays of dumps."""
    trust: float | None = Field(None, ge=0, le=1)
    licence: str = ""
    """What its terms allow; a note for people."""
    verified: Annotated[str, BeforeValidator(_date_word)] = "never"
    """When someone last reached it with `newsquake sources check`."""
    calendar: Literal["XNYS", "XSHG", "XHKG", "XLON"] | None = None
    """The market on whose holidays little is expected of this source."""
    watch: bool = True
    """Whether unusual silence is reported (Health)."""

    @property
    def jitter_s(self) -> float:
        """The largest jitter, in seconds."""
        return (self.jitter if self.jitter is not None else min(self.every // 10, 30_000)) / 1000

    @property
    def location(self) -> str:
        """The address or path that the source is read from, for display; "" where nothing is read (`push`)."""
        return ""

    @property
    def host(self) -> str:
        """The host whose politeness limits a poll is subject to; "" where there is none."""
        return ""


class WebSourceSettings(SourceSettings):
    """Settings of a source that is fetched from a web address."""

    url: Url
    headers: dict[str, str] = {}
    """Sent to the address's own scheme, host and port only."""

    @property
    def location(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""
