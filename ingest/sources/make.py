"""From a checked spec to a source. `push` has none: what is pushed waits in the store."""

from __future__ import annotations

from pathlib import Path

from ingest.sources.api import Api
from ingest.sources.base import Source
from ingest.sources.dump import DumpFolder
from ingest.sources.feed import Feed
from ingest.sources.kafka import ForeignTopic
from ingest.sources.page import Page
from ingest.sources.spec import ApiSpec, DumpSpec, FeedSpec, KafkaSpec, PageSpec, SourceSpec


def make_source(spec: SourceSpec, folder: Path) -> Source | None:
    """The source; `folder` is where relative paths start."""
    match spec:
        case FeedSpec():
            return Feed(spec)
        case PageSpec():
            return Page(spec)
        case ApiSpec():
            return Api(spec)
        case DumpSpec():
            return DumpFolder(spec, folder)
        case KafkaSpec():
            return ForeignTopic(spec, folder=folder)
    return None
