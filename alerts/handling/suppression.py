"""Whether a change is notified, and if not, why: a pure decision, tested as a table.

The first reason that applies is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from alerts.records import SEVERITIES, Severity


class SuppressionReason(StrEnum):
    """Why a notification is withheld. Temporary reasons (`TEMPORARY`) are evaluated again while the alert fires."""

    REPLAY = "replay"
    STALE = "stale"
    CLOSED = "closed"
    DISPOSED = "disposed"
    SILENCED = "silenced"
    MAINTENANCE = "maintenance"
    INHIBITED = "inhibited"
    FOLDED = "folded"
    UNHEARD = "unheard"
    DIGEST = "digest"


TEMPORARY = (
    SuppressionReason.SILENCED,
    SuppressionReason.MAINTENANCE,
    SuppressionReason.INHIBITED,
    SuppressionReason.FOLDED,
)


Suppression = tuple[SuppressionReason, str]
"""Why a notification is withheld, and the detail: the silence's id, the inhibiting alert, ..."""


@dataclass(frozen=True)
class SuppressionFacts:
    """The input of `decide`. Texts name what applies (a silence's id ...); empty: it does not apply."""

    event: str
    severity: Severity
    notify: bool = True
    stale: bool = False
    closed_by: str = ""
    disposition: str = ""
    silence: str = ""
    maintenance: str = ""
    inhibited_by: str = ""
    incident: str = ""
    notified_in_incident: Severity | None = None
    """The highest severity notified of another alert of this incident that still fires."""
    was_notified: bool = True
    """Of the event `resolved`: whether anybody was notified that it fired."""


OF_A_REPLAY = "nobody is notified of a replay (use --notify)"
NEVER_NOTIFIED = "nobody was told that it fired"
TOO_LATE = "decided too long ago (notify.stale_after)"
JUST_NOTIFIED = "told within the hour"


def decide(facts: SuppressionFacts) -> Suppression | None:
    """Return None if the change is to be notified, else the reason and a text that names what applies."""
    if not facts.notify:
        return SuppressionReason.REPLAY, OF_A_REPLAY
    if facts.event == "resolved":
        return None if facts.was_notified else (SuppressionReason.UNHEARD, NEVER_NOTIFIED)
    if facts.stale:
        return SuppressionReason.STALE, TOO_LATE
    if facts.closed_by:
        return SuppressionReason.CLOSED, f"closed by {facts.closed_by}"
    if facts.disposition in ("false", "duplicate", "known"):
        return SuppressionReason.DISPOSED, f"disposed as {facts.disposition}"
    if facts.silence:
        return SuppressionReason.SILENCED, facts.silence
    if facts.maintenance:
        return SuppressionReason.MAINTENANCE, facts.maintenance
    if facts.inhibited_by:
        return SuppressionReason.INHIBITED, f"by alert {facts.inhibited_by}"
    if facts.notified_in_incident and not more_severe(facts.severity, facts.notified_in_incident):
        return (
            SuppressionReason.FOLDED,
            f"into incident {facts.incident}" if facts.incident else JUST_NOTIFIED,
        )
    return None


def more_severe(one: Severity, other: Severity) -> bool:
    """Return whether `one` is more severe than `other`."""
    return SEVERITIES.index(one) > SEVERITIES.index(other)


def highest(severities: Sequence[Severity]) -> Severity | None:
    """Return the highest severity, None for an empty sequence."""
    return max(severities, key=SEVERITIES.index, default=None)


def withheld_text(reason: Suppression) -> str:
    """Return the reason with its detail, as lists show it: `silenced: …`."""
    return f"{reason[0]}: {reason[1]}"
