"""What a source is, in YAML, checked: every fault with file and line.

sources:
  - name: fed
    kind: feed
    url: https://www.federalreserve.gov/feeds/press_all.xml
    every: 10m
"""

from __future__ import annotations

import re
import zoneinfo
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core import yamlfile
from core.errors import ConfigError
from core.settings import Settings, Span, within
from ingest.dumps.columns import FIELDS
from ingest.live.cron import cron_trigger
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


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"expected a regular expression ({error})") from error
    return value


def _date_word(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value  # YAML reads 2026-01-31 as a date


Url = Annotated[str, AfterValidator(_url)]


class SourceSpec(BaseModel):
    """What all kinds share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][\w.:-]{0,99}$")
    enabled: bool = True
    every: Annotated[Span, within(1_000)] = 300_000
    """How often to look."""
    cron: Annotated[str | None, AfterValidator(_cron)] = None
    """In place of `every`: five cron fields, in the source's time zone."""
    jitter: Span | None = None
    """Up to so much is added to each time; default: a tenth of `every`, at most 30 s."""
    publisher: str = ""
    """Who writes there; default: the registrable domain of each article's address."""
    language: str = ""
    """A hint, where the text does not say it clearly."""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """Of times that name none."""
    delay: Span = Field(0, ge=0)
    """How long after its publish time the source is known to deliver; used by dumps."""
    trust: float | None = Field(None, ge=0, le=1)
    licence: str = ""
    """What its terms allow; a note for people."""
    verified: Annotated[str, BeforeValidator(_date_word)] = "never"
    """When someone last reached it with `newsquake sources check`."""
    calendar: Literal["XNYS", "XSHG", "XHKG", "XLON"] | None = None
    """The market whose holidays quieten this source."""
    watch: bool = True
    """Whether silence beyond its rhythm is told (Health)."""

    @property
    def jitter_s(self) -> float:
        """Seconds."""
        return (self.jitter if self.jitter is not None else min(self.every // 10, 30_000)) / 1000


class FeedSpec(SourceSpec):
    """RSS, RDF, Atom or JSON Feed."""

    kind: Literal["feed"]
    url: Url
    headers: dict[str, str] = {}
    full_text: bool = True
    """Fetch the linked page where the feed has only a summary."""
    max_pages: int = Field(20, ge=0, le=200)
    """Pages fetched at one look; the rest come at the next."""


class PageSpec(SourceSpec):
    """A list page or a sitemap; new links on it are articles."""

    kind: Literal["page"]
    url: Url
    links: Annotated[str, AfterValidator(_regex)] = ""
    """A regular expression that an article's address matches; default: same site, and a path that looks like one."""
    headers: dict[str, str] = {}
    max_pages: int = Field(20, ge=1, le=200)
    revisions: bool = True
    """Read new pages once more after an hour and after six, for what was corrected since."""


class ApiFields(BaseModel):
    """Where in one item of the answer things stand: dotted paths, `a.0.b`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = ""
    url: str = ""
    title: str = ""
    body: str = ""
    published_at: str = ""
    language: str = ""
    publisher: str = ""
    author: str = ""
    tickers: str = ""

    @model_validator(mode="after")
    def _some_text(self) -> ApiFields:
        if not self.title and not self.body:
            raise ValueError("expected title or body")
        return self


class ApiSpec(SourceSpec):
    """A JSON endpoint, described by field paths."""

    kind: Literal["api"]
    url: Url
    items: str = ""
    """Path of the list in the answer; empty: the answer is the list."""
    fields: ApiFields
    params: dict[str, str | int] = {}
    headers: dict[str, str] = {}
    token_env: str = ""
    """Name of the environment variable that holds a bearer token."""
    next_path: str = ""
    """Path of the next page's address or cursor in the answer."""
    next_param: str = ""
    """Parameter that takes that cursor; empty: next_path is an address."""
    page_param: str = ""
    """Parameter that counts pages (1, 2, …), where there is no next_path."""
    since_param: str = ""
    """Parameter that takes the newest publish time seen (ISO 8601)."""
    max_requests: int = Field(10, ge=1, le=100)


class DumpSpec(SourceSpec):
    """A file, a glob or a folder of dumps that is watched."""

    kind: Literal["dump"]
    path: str
    columns: dict[str, str] = {}
    settle: Span = 2000
    """A file younger than this may still be being written."""

    @model_validator(mode="after")
    def _known_fields(self) -> DumpSpec:
        for field in self.columns:
            if field not in FIELDS and not field.startswith("extra."):
                raise ValueError(f"columns: unknown field {field!r}; known: {', '.join(FIELDS)}, extra.NAME")
        return self


class PushSpec(SourceSpec):
    """Articles that others send to POST /v1/articles under this source's name."""

    kind: Literal["push"]


class KafkaSpec(SourceSpec):
    """Somebody else's topic of JSON records."""

    kind: Literal["kafka"]
    every: Annotated[Span, within(1_000, 120_000)] = 1_000
    """A member that does not ask for five minutes loses its place in the group."""
    address: str
    topic: str
    group: str = "newsquake"
    fields: ApiFields
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    password_env: str = ""
    """Name of the environment variable that holds the password."""
    ssl_cafile: str | None = None
    """Who may have signed their certificate, where it is none of the authorities that the machine knows (PEM)."""
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    """Our own certificate and key, where they ask for one (PEM)."""

    @model_validator(mode="after")
    def _who_we_are(self) -> KafkaSpec:
        if self.security_protocol.startswith("SASL") and not (self.sasl_mechanism and self.sasl_username):
            raise ValueError(f"{self.security_protocol} needs sasl_mechanism, sasl_username and password_env")
        return self


Spec = Annotated[
    FeedSpec | PageSpec | ApiSpec | DumpSpec | PushSpec | KafkaSpec, Field(discriminator="kind")
]  # fmt: skip


class SourcesFile(BaseModel):
    """A YAML file of sources."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sources: list[Spec] = []


PUBLIC = Path(__file__).parent.parent / "public.yaml"
"""The shipped starter set of public sources."""


def load_sources(settings: Settings) -> list[SourceSpec]:
    """Every source that the settings name, the disabled too. `public` in source_files is the shipped starter set.

    Raises ConfigError with the place of every fault, or for a name that stands twice.
    """
    found = _named_in_settings(settings)
    for name in settings.ingest.source_files:
        path = PUBLIC if name == "public" else settings.path(name)
        text = yamlfile.read(path)
        specs = yamlfile.parse(text, SourcesFile, str(path)).sources
        found += [(f"{path}:{_line(text, at)}", spec) for at, spec in enumerate(specs)]
    seen: dict[str, str] = {}
    for place, spec in found:
        if spec.name in seen:
            first = f" (first in {seen[spec.name]})" if seen[spec.name] != place else ""
            raise ConfigError(f"{place}: the name {spec.name!r} stands twice{first}")
        seen[spec.name] = place
    return [spec for _, spec in found]


def _named_in_settings(settings: Settings) -> list[tuple[str, SourceSpec]]:
    """Those under ingest.sources with their places: the settings file's lines, where it is the file that names them."""
    wanted = settings.ingest.sources
    data = {"sources": wanted}
    if settings.file and wanted:
        text = yamlfile.read(Path(settings.file))
        there = (yaml.safe_load(text) or {}).get("ingest") or {}
        if there.get("sources") == wanted:
            checked = yamlfile.check(data, SourcesFile, settings.file, yaml.compose(text), at=("ingest",))
            lines = enumerate(checked.sources)
            return [(f"{settings.file}:{_line(text, at, 'ingest')}", spec) for at, spec in lines]
    checked = yamlfile.check(data, SourcesFile, "", at=("ingest",), place=lambda loc: "ingest.sources")
    return [("ingest.sources", spec) for spec in checked.sources]


def _line(text: str, at: int, *above: str) -> int:
    return yamlfile.line_of(text, (*above, "sources", at))
