"""Whether anybody hears of a change, and if not, why: a pure decision, tested as a table.

The order is the order of strength: the first reason that holds is the one told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from alerts.records import SEVERITIES, Severity


class SuppressionReason(StrEnum):
    """Why nobody is told. Those that pass (`TEMPORARY`) are looked at again while the alert fires."""

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


@dataclass(frozen=True)
class SuppressionFacts:
    """What the decision rests on. Texts name what holds (a silence's id ...); empty: it does not hold."""

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
    """The highest severity told of another alert of this incident that still fires."""
    was_notified: bool = True
    """Of "resolved": whether anybody was told that it fired."""


OF_A_REPLAY = "nobody is notified of a replay (use --notify)"
NEVER_NOTIFIED = "nobody was told that it fired"
TOO_LATE = "decided too long ago (notify.stale_after)"
JUST_NOTIFIED = "told within the hour"


def decide(facts: SuppressionFacts) -> tuple[SuppressionReason, str] | None:
    """None: tell them. Else the reason and, in words, what holds."""
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
    """Whether `one` is more severe than `other`."""
    return SEVERITIES.index(one) > SEVERITIES.index(other)


def highest(severities: Sequence[Severity]) -> Severity | None:
    """The most severe; None of none."""
    return max(severities, key=SEVERITIES.index, default=None)


def withheld_text(reason: tuple[SuppressionReason, str]) -> str:
    """As it stands in the outbox: `silenced: …`."""
    return f"{reason[0]}: {reason[1]}"


def reason_of(error: str) -> SuppressionReason | None:
    """The reason in an outbox row's `error`."""
    head = error.partition(":")[0]
    return SuppressionReason(head) if head in SuppressionReason.__members__.values() else None
