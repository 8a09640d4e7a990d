"""The settings: one YAML file and the environment, every key validated.

`NEWSQUAKE_BROKER__ADDRESS=host:9092` sets broker.address (two underscores separate levels) and overrides the file.
Keep secrets in the environment, or in a file named by `…_file`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from core import yamlfile
from core.errors import ConfigError
from core.times import format_span, parse_span

PREFIX = "NEWSQUAKE_"
_TOP = ("data_dir",)
"""Settings outside any group."""
_OTHERS = (
    "cache",
    "chromium",
    "compiled",
    "config",
    "crash_at",
    "debug",
    "entities_lists",
    "mail",
    "models",
    "parent",
)
"""Environment variables of Newsquake that are not settings."""
_FOREIGN = re.compile(r"test_.*|(.*_)?(service_(host|port)(_.*)?|port(_\d+_(tcp|udp).*)?)")
"""Variables of the tests, and those that Kubernetes sets for a service named newsquake."""
_told: set[str] = set()

Span = Annotated[
    int,
    BeforeValidator(lambda value: value if value is None else parse_span(value)),
    PlainSerializer(format_span, return_type=str),
    Field(json_schema_extra={"type": "string", "examples": ["90s", "15m", "1h", "7d"]}),
]
"""A span of time: `15m` in YAML, integer milliseconds in Python."""


def within(least: int = 0, most: int | None = None) -> AfterValidator:
    """Return a validator of a span's limits in milliseconds, whose error names them as written: `at least 1s`."""

    def check(value: int) -> int:
        if value < least:
            raise ValueError(f"expected at least {format_span(least)}")
        if most is not None and value > most:
            raise ValueError(f"expected at most {format_span(most)}")
        return value

    return AfterValidator(check)


class Section(BaseModel):
    """A part of the settings: unknown keys are errors, values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BrokerSettings(Section):
    """The Kafka broker. Without an address, the local run starts an embedded one (memory only)."""

    address: str = ""
    """host:port, several by commas; empty: the local run starts the embedded broker."""
    partitions: int = Field(4, ge=1, le=1024)
    replication: int = Field(1, ge=1, le=9)
    durable: bool = True
    """False for a broker that keeps data in memory only (the embedded one)."""
    compression: Literal["lz4", "zstd", "gzip", "none"] | None = "lz4"
    session_timeout_ms: int = Field(6000, ge=1000, le=300_000)
    connect_timeout_s: float = Field(10, gt=0, le=300)
    delivery_timeout_s: float = Field(60, ge=1, le=3600)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: str | None = Field(None, repr=False)
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None

    def client_options(self) -> dict[str, Any]:
        """kafka-python's keyword arguments for security."""
        options: dict[str, Any] = {"security_protocol": self.security_protocol}
        if self.sasl_mechanism:
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password,
            }
        for name in ("ssl_cafile", "ssl_certfile", "ssl_keyfile"):
            if value := getattr(self, name):
                options[name] = value
        return options


def _store_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
        raise ValueError("expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


class StoreSettings(Section):
    """The database."""

    url: Annotated[str, AfterValidator(_store_url)] = "sqlite:///newsquake-data/newsquake.db"
    busy_timeout_s: float = Field(30, gt=0, le=600)


class IngestSettings(Section):
    """How sources are read. `sources` is validated by ingest/sources, one model a kind."""

    sources: list[dict[str, Any]] = []
    source_files: list[str] = []
    """Further files with `sources:`, relative to this one."""
    user_agent: str = "Newsquake/0.1 (+https://example.org/newsquake; set ingest.user_agent)"
    allow_private_addresses: list[str] = []
    """Private hosts or networks that may be fetched (tests, intranets)."""
    max_article_bytes: int = Field(900_000, ge=1000, le=950_000)
    host_delay: Span = 1000
    queue_articles: int = Field(5_000, ge=100, le=1_000_000)


class ClassifierSettings(Section):
    """The model and how it runs."""

    weights: str | None = None
    """A folder; empty: the shipped weights."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = Field(2, ge=1, le=256)
    batch_records: int = Field(256, ge=1, le=20_000)
    score_cache: str | None = "newsquake-data/scores.db"
    """File of scores by (text hash, model version, register); null: none. Live and backtest share it."""
    register_: Literal["auto", "news", "social", "forum"] = Field("auto", alias="register")
    entities: list[str] = []
    """Further YAML files of entities."""
    challenger: str | None = None
    """A version or folder of weights that scores in shadow: compared with the model in use, not published."""
    challenger_share: float = Field(0.1, gt=0, le=1)
    """Share of the texts that the challenger scores as well."""


class AlertSettings(Section):
    """The desk: a set of rules and recipients, decided by one process that holds its lease."""

    desk: str = Field("main", pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$")
    rules: str | None = None
    """rules.yaml, relative to this file; empty: the built-in default rules."""
    pane: Span = 60_000
    allowed_lateness: Span = 60_000
    lease_timeout: Span = 10_000
    stalled_after: Span = 120_000


class DeliverySettings(Section):
    """Who is notified of alerts. Beside `dashboard_url` stand the sections of the channel kinds (`mail`, `webhooks`),
    unchecked here: alerts/delivery/channels/registry.py knows the kinds and checks them."""

    model_config = ConfigDict(extra="allow", frozen=True)

    dashboard_url: str = "http://127.0.0.1:8501"

    @property
    def sections(self) -> dict[str, Any]:
        """Return what stands under `delivery` besides the fields above, as it was written."""
        return self.model_extra or {}

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        yield "dashboard_url", self.dashboard_url
        yield from ((name, "…") for name in self.sections)  # they hold secrets


class DashboardSettings(Section):
    """The dashboard."""

    host: str = "127.0.0.1"
    port: int = Field(8501, ge=1, le=65535)
    users: dict[str, str] = Field({}, repr=False)
    """Name -> hash of the password (made by `python -m dashboard.auth`). None: no signing in; everybody may look,
    and whoever sits at this machine may act."""


class ApiSettings(Section):
    """The HTTP API."""

    host: str = "127.0.0.1"
    port: int = Field(8600, ge=1, le=65535)


class TelemetrySettings(Section):
    """Logs and metrics."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    metrics_port: int | None = Field(None, ge=1, le=65535)
    metrics_host: str = "127.0.0.1"


class Settings(Section):
    """All settings."""

    broker: BrokerSettings = BrokerSettings()
    store: StoreSettings = StoreSettings()
    ingest: IngestSettings = IngestSettings()
    classifier: ClassifierSettings = ClassifierSettings()
    alerts: AlertSettings = AlertSettings()
    delivery: DeliverySettings = DeliverySettings()
    dashboard: DashboardSettings = DashboardSettings()
    api: ApiSettings = ApiSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    data_dir: str = "newsquake-data"
    """Folder of the local run's files (store, score cache, logs)."""
    folder: str = Field("", exclude=True)
    """The settings file's folder: relative paths start here."""
    file: str = Field("", exclude=True)
    """The settings file, for errors found later."""

    def path(self, name: str) -> Path:
        """Return the path of `name`, relative to the settings file's folder."""
        return Path(self.folder) / name


def _environment(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[tuple[str, ...], str]]:
    """(the settings that `environ` names, nested; path of each -> variable). One that is no setting is logged, once.

    Raises ConfigError naming the variable that makes no sense.
    """
    data: dict[str, Any] = {}
    names: dict[tuple[str, ...], str] = {}
    for key, value in sorted(environ.items()):
        name = key.removeprefix(PREFIX).lower()
        if not key.startswith(PREFIX):
            continue
        if "__" not in name and name not in _TOP:
            _unknown(key, name)
            continue
        path = tuple(name.split("__"))
        names[path] = key
        *groups, leaf = path
        place = data
        for group in groups:
            place = place.setdefault(group, {})
            if not isinstance(place, dict):
                raise ConfigError(
                    f"environment: {key}: {group} has a value already, so nothing can be below it"
                )
        # Plain values stay text, which pydantic turns into what is expected: a password of digits is no number.
        if value == "null" or value[:1] in ("[", "{"):
            try:
                place[leaf] = yaml.safe_load(value)
            except yaml.YAMLError as error:
                raise ConfigError(f"environment: {key}: not YAML: {' '.join(str(error).split())}") from error
        else:
            place[leaf] = value
    return data, names


def _unknown(key: str, name: str) -> None:
    """Say that a variable does nothing. No fault: a source's `token_env` may name any variable."""
    if name in _OTHERS or _FOREIGN.fullmatch(name) or key in _told:
        return
    _told.add(key)
    flat = {other: other for other in (*_TOP, *_OTHERS)}
    for group, part in Settings.model_fields.items():
        for leaf in getattr(part.annotation, "model_fields", {}):
            flat[f"{group}_{leaf}"] = f"{group}__{leaf}"
    near = get_close_matches(name, list(flat), 1, 0.8)
    meant = f"; did you mean {PREFIX}{flat[near[0]].upper()}?" if near else ""
    sys.stderr.write(f"environment: {key} is no setting of Newsquake and does nothing{meant}\n")


def _variable(names: Mapping[tuple[str, ...], str], loc: tuple[Any, ...]) -> str:
    """What stands before a fault at `loc`: the variable that set it."""
    steps = tuple(str(step) for step in loc)
    found = [key for path, key in names.items() if steps[: len(path)] == path or path[: len(steps)] == steps]
    return f"environment: {', '.join(found)}" if found else "environment"


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        merged[key] = (
            _merge(known, value) if isinstance(known, dict) and isinstance(value, Mapping) else value
        )
    return merged


def load_settings(
    path: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from `path` (or none: defaults), the environment, and `overrides` (nested), the last outranking.

    Raises ConfigError with file and line of every fault; faults of the environment are named as such.
    """
    base: dict[str, Any] = {}
    if path is not None:
        text = yamlfile.read(path)
        yamlfile.parse(
            text, Settings, str(path)
        )  # the file's own faults, with lines, before anything covers them
        base = yaml.safe_load(text) or {}
    over, names = _environment(os.environ if environ is None else environ)
    if over:
        base = _merge(base, over)
        yamlfile.check(base, Settings, "", place=lambda loc: _variable(names, loc))
    if overrides:
        base = _merge(base, overrides)
    base["folder"] = str(path.parent) if path is not None else ""
    base["file"] = str(path) if path is not None else ""
    return yamlfile.check(base, Settings, "", place=lambda loc: "command line")
