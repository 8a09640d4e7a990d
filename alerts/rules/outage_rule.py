"""Outage rules as a desk runs them: which sources are watched, how long an outage must last, whom it notifies.

They have a section of their own (`outages:`), so that no budget, window or inhibition of a market rule applies to them.
They evaluate not news but the Health records that ingest publishes of its sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from alerts.records import Severity
from alerts.rules.routes import channels_for
from alerts.rules.schema_entries import OutageEntry
from alerts.windows.globs import matches
from core.records import Health

OUTAGE_PREFIX = "outage:"
"""Prefix of the series of outage alerts, and of no other series."""


def is_outage(series: str) -> bool:
    """Return whether an alert of this series is an outage, not a market alert.

    >>> is_outage("outage:fed"), is_outage("source:fed")
    (True, False)
    """
    return series.startswith(OUTAGE_PREFIX)


@dataclass(frozen=True)
class OutageRule:
    """A rule for one kind of outage of the sources that its globs name. Times in milliseconds."""

    id: str
    version: str
    about: str
    kind: Literal["source_silent", "source_broken"]
    sources: tuple[str, ...]
    exclude: tuple[str, ...]
    hold_ms: int
    resolve_after_ms: int
    level: Severity
    route: Mapping[str, tuple[str, ...]]
    content: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def matches(self, source: str) -> bool:
        """Return whether the rule watches this source: one of `sources` matches its name, and none of `exclude`."""
        return any(matches(glob, source) for glob in self.sources) and not any(
            matches(glob, source) for glob in self.exclude
        )

    def breach(self, health: Health) -> bool:
        """Return whether this record reports the rule's kind of outage."""
        return health.status == ("silent" if self.kind == "source_silent" else "broken")

    def over(self, health: Health) -> bool:
        """Return whether this record reports the end of the outage. A silent source that breaks stays silent."""
        return health.status == "ok" or (self.kind == "source_broken" and health.status == "silent")

    def channels(self, severity: Severity) -> tuple[str, ...]:
        """Return the names of the channels that an alert of this severity notifies; `*` is every channel."""
        return channels_for(self.route, severity)


def content_of(entry: OutageEntry) -> dict[str, Any]:
    """Return the fields of an entry that affect decisions, as JSON values: all but name, about, enabled and route.

    Their hash is the rule's version.
    """
    return entry.model_dump(mode="json", exclude={"name", "about", "enabled", "route"})


def outage_rule(
    entry: OutageEntry, version: Callable[[Any], str], route: Mapping[str, tuple[str, ...]]
) -> OutageRule:
    """Return the rule of an entry. `version`: content -> hash; `route`: severity -> channels."""
    content = content_of(entry)
    return OutageRule(
        id=entry.name,
        version=version(content),
        about=entry.about,
        kind=entry.kind,
        sources=tuple(entry.sources),
        exclude=tuple(entry.exclude),
        hold_ms=entry.hold,
        resolve_after_ms=entry.resolve_after,
        level=entry.severity,
        route=route,
        content=content,
    )
