"""Which channels are notified of an alert, by its severity."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.records import Severity


def channels_for(route: Mapping[str, tuple[str, ...]], severity: Severity) -> tuple[str, ...]:
    """Return the names of the channels for `severity`, else for `default`, else every channel (`*`)."""
    return route.get(severity, route.get("default", ("*",)))
