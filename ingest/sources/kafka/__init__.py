"""Sources of kind `kafka`: another system's topic of JSON records."""

from ingest.sources.contract import Source, SourceKind
from ingest.sources.kafka.settings import KafkaSettings


def _implementation() -> type[Source]:
    from ingest.sources.kafka.source import KafkaSource

    return KafkaSource


KIND = SourceKind(KafkaSettings, _implementation)
