"""Sources of kind `dump`: files that grow, or arrive in a folder."""

from ingest.sources.contract import Source, SourceKind
from ingest.sources.dump.settings import DumpSettings


def _implementation() -> type[Source]:
    from ingest.sources.dump.source import DumpSource

    return DumpSource


KIND = SourceKind(DumpSettings, _implementation)
