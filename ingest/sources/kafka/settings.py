"""Settings of a source of kind `kafka`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator

from core.settings import Span, within
from ingest.sources.base_settings import SourceSettings
from ingest.sources.field_paths import FieldPaths


class KafkaSettings(SourceSettings):
    """Another system's topic of JSON records."""

    kind: Literal["kafka"]
    every: Annotated[Span, within(1_000, 120_000)] = 1_000
    """A member that does not ask for five minutes loses its place in the group."""
    address: str
    topic: str
    group: str = "newsquake"
    fields: FieldPaths
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

    @property
    def location(self) -> str:
        return self.address

    @model_validator(mode="after")
    def _who_we_are(self) -> KafkaSettings:
        if self.security_protocol.startswith("SASL") and not (self.sasl_mechanism and self.sasl_username):
            raise ValueError(f"{self.security_protocol} needs sasl_mechanism, sasl_username and password_env")
        return self
