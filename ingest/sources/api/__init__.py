"""Sources of kind `api`: a JSON endpoint described by field paths."""

from ingest.sources.api.settings import JsonApiSettings
from ingest.sources.contract import Source, SourceKind


def _implementation() -> type[Source]:
    from ingest.sources.api.source import JsonApiSource

    return JsonApiSource


KIND = SourceKind(JsonApiSettings, _implementation)
