"""What a replay is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ConfigError


@dataclass(frozen=True)
class ReplayOptions:
    """Which dump, and how."""

    path: Path
    speed: float | None = None
    """Event seconds per wall second; None: as fast as it goes."""
    columns: dict[str, str] = field(default_factory=dict)
    """Field -> column, where names do not say it (ingest.columns.parse_columns reads the command line's)."""
    source: str = ""
    """Default: the file's stem."""
    delay_ms: int = 0
    """How long after published_at the source was known to deliver; 0: as the settings say of its source."""


def parse_speed(text: str) -> float | None:
    """Event seconds per second of a `--speed`; None for `max`. Raises ConfigError for what is no number above 0."""
    if text.strip().lower() == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise ConfigError(f"--speed {text}: expected a number above 0 (event seconds per second) or max")
    return speed
