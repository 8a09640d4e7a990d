"""Settings of a source of kind `feed`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ingest.sources.base_settings import WebSourceSettings


class FeedSettings(WebSourceSettings):
    """RSS, RDF, Atom or JSON Feed."""

    kind: Literal["feed"]
    full_text: bool = True
    """Fetch the linked page where the feed has only a summary."""
    max_pages: int = Field(20, ge=0, le=200)
    """Pages fetched in one poll; the rest come with the next."""
