"""Settings of a source of kind `dump`."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from core.settings import Span
from ingest.dumps.columns import FIELDS
from ingest.sources.base_settings import SourceSettings


class DumpSettings(SourceSettings):
    """A file, a glob or a folder of dumps that is watched."""

    kind: Literal["dump"]
    path: str
    columns: dict[str, str] = {}
    """Field -> column, where names do not say it."""
    settle: Span = 2000
    """A file younger than this may still be being written."""

    @property
    def location(self) -> str:
        return self.path

    @model_validator(mode="after")
    def _known_fields(self) -> DumpSettings:
        for field in self.columns:
            if field not in FIELDS and not field.startswith("extra."):
                raise ValueError(f"columns: unknown field {field!r}; known: {', '.join(FIELDS)}, extra.NAME")
        return self
