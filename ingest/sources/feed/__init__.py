"""Sources of kind `feed`: RSS, RDF, Atom and JSON Feed."""

from ingest.sources.contract import Source, SourceKind
from ingest.sources.feed.settings import FeedSettings


def _implementation() -> type[Source]:
    from ingest.sources.feed.source import FeedSource

    return FeedSource


KIND = SourceKind(FeedSettings, _implementation)
