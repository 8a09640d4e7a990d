"""The rig of sources of kind `kafka`."""

from __future__ import annotations

import json
from pathlib import Path

from core.bus.memory import MemoryBus, MemoryProducer
from core.settings import BrokerSettings
from ingest.sources.field_paths import FieldPaths
from ingest.sources.kafka.settings import KafkaSettings
from ingest.sources.kafka.source import KafkaSource
from tests.support.source_rigs import BODY, Rig


def rig(tmp_path: Path) -> Rig:
    """A source of kind `kafka` and a way to publish on it."""
    bus = MemoryBus()
    bus.ensure_topics(1)
    bus.logs["theirs"] = [[]]
    bus.ids["theirs"] = "t"
    producer = MemoryProducer(bus)

    def publish(*new: str) -> None:
        for title in new:
            value = json.dumps({"headline": title, "story": BODY, "ref": title}).encode()
            producer.send_bytes("theirs", value, schema="", key="", partition=0)
        producer.flush()

    fields = FieldPaths(id="ref", title="headline", body="story")
    spec = KafkaSettings(name="s", kind="kafka", address="h:1", topic="theirs", fields=fields)
    return Rig(KafkaSource(spec, tmp_path, lambda settings: _as_bus(bus, settings)), publish)


def _as_bus(bus: MemoryBus, settings: BrokerSettings) -> MemoryBus:
    return bus
