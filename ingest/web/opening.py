"""The fetcher that the settings describe."""

from __future__ import annotations

import threading

from core.settings import Settings
from core.stage import Stage
from ingest.web.fetch import Fetcher


def open_fetcher(settings: Settings, stage: Stage | None = None) -> Fetcher:
    """Return the guarded fetcher that the settings describe; its pauses end when `stage` stops. Raises ConfigError."""
    wait = threading.Event().wait if stage is None else stage.wait
    return Fetcher(
        user_agent=settings.ingest.user_agent,
        allow_private=settings.ingest.allow_private_addresses,
        host_delay_s=settings.ingest.host_delay / 1000,
        sleep=wait,
    )
