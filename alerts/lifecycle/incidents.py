"""Alerts that belong together: one incident for related series, so that people are notified of one thing once.

Which series are related, the rule's `group_by` says; without it, those of one company or topic (in any language). An
alert that fires within a day of the last one of its group joins that incident.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.windows.series import base_of, entity_of, topic_of
from core.ids import digest
from core.times import DAY

TOGETHER_MS = DAY
NO_SECTORS: Mapping[str, str] = {}


def group_of(rule: str, series: str, group_by: Sequence[str], sectors: Mapping[str, str] = NO_SECTORS) -> str:
    """Return the name of the group that an alert belongs to. `sectors`: entity -> sector.

    A series without the part that is asked for (a topic has no company, a company perhaps no sector) is a group
    of its own: lacking the same thing relates nothing.

    >>> group_of("r", "entity:US:JPM/topic:energy@en", ()), group_of("r", "topic:energy@zh", ("rule",))
    ('entity:US:JPM', 'r')
    >>> group_of("r", "topic:energy@zh", ("entity",)), group_of("r", "topic:crypto", ("entity",))
    ('topic:energy', 'topic:crypto')
    """
    parts = {
        "rule": rule,
        "entity": entity_of(series),
        "topic": topic_of(series),
        "series": series,
        "sector": sectors.get(entity_of(series), ""),
    }
    own = base_of(series)
    return "|".join(parts.get(name) or own for name in group_by) if group_by else own


class Incidents:
    """The latest incident of each group."""

    def __init__(self) -> None:
        self._latest: dict[str, tuple[str, int]] = {}

    def join(self, group: str, alert: str, at: int) -> str:
        """Return the incident id of an alert that fires at `at` (epoch ms): the group's latest, or a new one."""
        known = self._latest.get(group)
        incident = known[0] if known and at - known[1] <= TOGETHER_MS else digest("incident", group, alert)
        self._latest[group] = (incident, at)
        return incident

    def dump(self) -> Mapping[str, Any]:
        """Return the state, as msgpack can carry it."""
        return self._latest

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore what `dump` returned."""
        self._latest = {group: (incident, at) for group, (incident, at) in state.items()}
