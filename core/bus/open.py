"""From settings to a bus."""

from __future__ import annotations

from core.bus.base import Bus
from core.settings import BrokerSettings


def open_bus(settings: BrokerSettings) -> Bus:
    """Connect. Raises BusUnavailable when nobody answers, ConfigError where crc32c lacks."""
    from core.bus.kafka import (
        KafkaBus,
    )  # late: kafka-python takes 0.3 s to import, and not every command needs it

    return KafkaBus(settings)
