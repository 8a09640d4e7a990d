"""The message bus: Kafka, and an in-memory broker that passes the same contract tests (tests/contract/test_bus.py)."""

from core.bus.base import Bus, Consumer, Producer, Received
from core.bus.open import open_bus

__all__ = ["Bus", "Consumer", "Producer", "Received", "open_bus"]
