"""Open the bus that the settings name."""

from __future__ import annotations

from core.bus.base import Bus
from core.settings import BrokerSettings


def open_bus(settings: BrokerSettings) -> Bus:
    """Return a connected bus. Raises BusUnavailable where no broker answers, ConfigError without crc32c."""
    # Imported here: kafka-python takes 0.3 s, and not every command needs it.
    from core.bus.kafka import KafkaBus

    return KafkaBus(settings)
