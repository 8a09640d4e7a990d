"""What the items of a source need to know of it, from its settings."""

from __future__ import annotations

from core.settings import Settings
from ingest.items.item import SourceInfo
from ingest.sources.base_settings import SourceSettings


def source_info(spec: SourceSettings, settings: Settings) -> SourceInfo:
    """Name, publisher, hints and limits of a source, for `ingest.items.build`."""
    return SourceInfo(
        name=spec.name,
        publisher=spec.publisher,
        language=spec.language,
        timezone=spec.timezone,
        max_bytes=settings.ingest.max_article_bytes,
        trust=spec.trust,
    )
