"""The common form of what live sources and pushes deliver, before it becomes an article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import Reason
from ingest.web.urls import canonical


@dataclass(frozen=True)
class NewsItem:
    """One piece of news as a source yields it; all text is data."""

    url: str = ""
    own_id: str = ""
    by_own_id: bool = False
    """Its own id identifies it, though it has an address (one that others have too)."""
    title: str = ""
    body: str = ""
    published: str | int = ""
    language: str = ""
    publisher: str = ""
    author: str = ""
    tickers: Any = None
    raw: bytes = b""
    """The original bytes, for a dead letter."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """What the source needs besides `raw` to make this item again (ingest/deadletters/rebuild.py)."""
    flags: tuple[str, ...] = ()
    mark: str = ""
    """Hash of what the list said of it, where the article itself comes from elsewhere; else the revision serves."""
    fault: tuple[Reason, str] | None = None
    """Why this is no news but a dead letter."""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What identifies the item at its source: its id, else its canonical address, else the address as given."""
        return self.own_id or canonical(self.url) or self.url


@dataclass(frozen=True)
class SourceInfo:
    """What is known of the source itself."""

    name: str
    publisher: str = ""
    language: str = ""
    timezone: str = "UTC"
    max_bytes: int = 900_000
    trust: float | None = None
