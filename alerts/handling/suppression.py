"""Whether anybody hears of a change, and if not, why: a pure decision, tested as a table.

The order is the order of strength: the first reason that holds is the one told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from alerts.records import SEVERITIES, Severity


class Quiet(StrEnum):
    """Why nobody is told. Those that pass (`PASSING`) are looked at again while the alert fires."""

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


PASSING = (Quiet.SILENCED, Quiet.MAINTENANCE, Quiet.INHIBITED, Quiet.FOLDED)


@dataclass(frozen=True)
class Facts:
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
    told_in_incident: Severity | None = None
    """The highest severity told of another alert of this incident that still fires."""
    heard: bool = True
    """Of "resolved": whether anybody was told that it fired."""


OF_A_REPLAY = "nobody is notified of a replay (use --notify)"
UNTOLD = "nobody was told that it fired"
TOO_LATE = "decided too long ago (notify.stale_after)"
JUST_TOLD = "told within the hour"


def decide(facts: Facts) -> tuple[Quiet, str] | None:
    """None: tell them. Else the reason and, in words, what holds."""
    if not facts.notify:
        return Quiet.REPLAY, OF_A_REPLAY
    if facts.event == "resolved":
        return None if facts.heard else (Quiet.UNHEARD, UNTOLD)
    if facts.stale:
        return Quiet.STALE, TOO_LATE
    if facts.closed_by:
        return Quiet.CLOSED, f"closed by {facts.closed_by}"
    if facts.disposition in ("false", "duplicate", "known"):
        return Quiet.DISPOSED, f"disposed as {facts.disposition}"
    if facts.silence:
        return Quiet.SILENCED, facts.silence
    if facts.maintenance:
        return Quiet.MAINTENANCE, facts.maintenance
    if facts.inhibited_by:
        return Quiet.INHIBITED, f"by alert {facts.inhibited_by}"
    if facts.told_in_incident and not above(facts.severity, facts.told_in_incident):
        return Quiet.FOLDED, f"into incident {facts.incident}" if facts.incident else JUST_TOLD
    return None


def above(one: Severity, other: Severity) -> bool:
    """Whether `one` is more severe than `other`."""
    return SEVERITIES.index(one) > SEVERITIES.index(other)


def highest(severities: Sequence[Severity]) -> Severity | None:
    """The most severe; None of none."""
    return max(severities, key=SEVERITIES.index, default=None)


def mark(reason: tuple[Quiet, str]) -> str:
    """As it stands in the outbox: `silenced: …`."""
    return f"{reason[0]}: {reason[1]}"


def reason_of(error: str) -> Quiet | None:
    """The reason in an outbox row's `error`."""
    head = error.partition(":")[0]
    return Quiet(head) if head in Quiet.__members__.values() else None
