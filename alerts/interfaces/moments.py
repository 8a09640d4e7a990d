"""Times as people write them: ISO 8601, or a span from now."""

from __future__ import annotations

from core.errors import ConfigError
from core.times import from_ms, parse_iso, parse_span


def parse_moment(text: str, now_ms: int, name: str) -> int:
    """Return a time in epoch ms: ISO 8601, or a span from `now_ms` such as 2h or -7d.

    Raises ConfigError, which names the option or field `name`.
    """
    try:
        if text.lstrip("+-")[:1].isdigit() and text[-1:] in "smhdw" and "T" not in text:
            sign = -1 if text.startswith("-") else 1
            found = now_ms + sign * parse_span(text.lstrip("+-"))
            from_ms(found)  # beyond all calendars?
            return found
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{name} {text[:60]}: expected a time (2026-11-28T22:00) or a span from now (2h, -7d)"
        ) from None
