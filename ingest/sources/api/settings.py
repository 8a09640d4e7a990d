"""Settings of a source of kind `api`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ingest.sources.base_settings import WebSourceSettings
from ingest.sources.field_paths import FieldPaths


class JsonApiSettings(WebSourceSettings):
    """A JSON endpoint, described by field paths."""

    kind: Literal["api"]
    items: str = ""
    """Path of the list in the answer; empty: the answer is the list."""
    fields: FieldPaths
    params: dict[str, str | int] = {}
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
