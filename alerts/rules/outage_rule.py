"""Rules of outages: which sources are watched, what is told of them, and to whom.

They stand in a section of their own (`outages:`), so that no budget, window or inhibition of a market rule can reach
them. What they judge is not news but what ingest says of its sources (Health records, ingest/live/rhythm.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from alerts.records import Severity
from alerts.rules.routes import channels_for
from alerts.rules.schema import OutageEntry
from alerts.windows.globs import matches
from core.records import Health

OUTAGE_PREFIX = "outage:"
"""Of the series of every outage alert, and of no other: by it lists and filters tell them from market alerts."""


def is_outage(series: str) -> bool:
    """Whether an alert of this series is an outage's.

    >>> is_outage("outage:fed"), is_outage("source:fed")
    (True, False)
    """
    return series.startswith(OUTAGE_PREFIX)


@dataclass(frozen=True)
class OutageRule:
    """One kind of outage, for the sources that its globs name. Times in milliseconds."""

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
        """Whether the rule watches this source."""
        return any(matches(glob, source) for glob in self.sources) and not any(
            matches(glob, source) for glob in self.exclude
        )

    def breach(self, health: Health) -> bool:
        """Whether this record says that the outage lasts."""
        return health.status == ("silent" if self.kind == "source_silent" else "broken")

    def over(self, health: Health) -> bool:
        """Whether this record says that it ended. A silent source that can no longer be read has not spoken."""
        return health.status == "ok" or (self.kind == "source_broken" and health.status == "silent")

    def channels(self, severity: Severity) -> tuple[str, ...]:
        """Names of the channels that hear of an alert of this severity; `*` is every channel."""
        return channels_for(self.route, severity)


def content_of(entry: OutageEntry) -> dict[str, Any]:
    """What decides: its hash is the rule's version."""
    return entry.model_dump(mode="json", exclude={"name", "about", "enabled", "route"})


def outage_rule(
    entry: OutageEntry, version: Callable[[Any], str], route: Mapping[str, tuple[str, ...]]
) -> OutageRule:
    """The rule as the desk runs it."""
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
