"""What an outage is reported from, taken from a Health record: numbers, days, samples; and derived again from them.

Of silence: the rates of the hours of the week that ingest says it expected by. Which hours passed, on which days, and
which of those the source's market was closed, is found here again, from time zone and exchange calendar.
"""

from __future__ import annotations

from datetime import date
from math import exp
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from alerts.baselines.calendar import calendar
from core.records import Health
from core.times import DAY, HOUR, from_ms

_SUNDAY = 6
_HOURS_OF_WEEK = 168
_FURTHEST = 60 * DAY


class SilentDay(msgspec.Struct, frozen=True):
    """One local day of a silence. `counted_as`: the weekday (Monday 0) by whose hours it was expected."""

    day: str
    weekday: int
    counted_as: int
    holiday: bool
    hours: float
    expected: float


class OutageProof(msgspec.Struct, frozen=True, kw_only=True):
    """Why a source is called silent, misshapen or unreachable, or `ok` again. Times in milliseconds."""

    kind: str
    source: str
    at: int
    since: int
    """silent: nothing since; unreachable: of the first failure; misshapen: of its last article; ok: as usual since."""
    status: str
    observed: float | None = None
    expected: float | None = None
    p_value: float | None = None
    items: int = 0
    samples: list[str] = []
    days: list[SilentDay] = []
    detail: str = ""
    """What a server said; not to be trusted."""
    reported: dict[str, Any] = msgspec.field(default_factory=dict, name="told")
    """The record's own proof, as ingest wrote it."""


def proof_of(health: Health, ok_since: int | None = None) -> OutageProof:
    """Return the proof of what `health` says; `ok_since`: since when the source is as usual again, epoch ms.

    Never raises: a record without a proof (an older ingest's) proves little.
    """
    reported = health.proof
    kind = str(reported.get("kind", "")) if health.status != "ok" else "ok"
    shared: dict[str, Any] = {
        "source": health.source, "at": health.at, "status": health.status, "detail": health.detail,
        "reported": reported, "since": health.since,
    }  # fmt: skip
    if health.status == "ok" or (health.status == "silent" and ok_since is not None):
        return OutageProof(kind="ok", **shared | {"since": ok_since or health.at})
    if health.status == "silent":
        days = silent_days(health.since, health.at, reported)
        chance = exp(-health.expected)
        return OutageProof(
            kind="silent", observed=0.0, expected=health.expected, p_value=chance, days=days, **shared
        )
    if kind == "misshapen":
        items = int(reported.get("items", 0))
        samples = [str(one) for one in reported.get("samples", [])]
        return OutageProof(
            kind=kind, observed=int(reported.get("whole", 0)) / items if items else None, items=items,
            expected=float(reported.get("usual", 0.0)), samples=sorted(set(samples)), **shared,
        )  # fmt: skip
    return OutageProof(kind="unreachable", observed=float(reported.get("failures", 0)) or None, **shared)


def silent_days(since: int, at: int, reported: dict[str, Any]) -> list[SilentDay]:
    """Return day by day what was expected between `since` and `at` (epoch ms).

    Empty where `reported`, the record's own proof, does not say by which 168 rates of the week.
    """
    rates = reported.get("rates") or []
    try:
        zone = ZoneInfo(str(reported.get("timezone") or "UTC"))
        market = calendar(str(reported["calendar"])) if reported.get("calendar") else None
    except (ValueError, ZoneInfoNotFoundError):
        return []
    if len(rates) != _HOURS_OF_WEEK:
        return []
    end = min(at, since + min(int(reported.get("reach_ms", _FURTHEST)), _FURTHEST))
    found: dict[date, list[float]] = {}
    passed = since
    while passed < end:
        following = min(passed - passed % HOUR + HOUR, end)
        local = from_ms(passed).astimezone(zone)
        day, share = local.date(), (following - passed) / HOUR
        weekday = _SUNDAY if market is not None and market.is_holiday(day) else day.weekday()
        held = found.setdefault(day, [0.0, 0.0, float(weekday)])
        held[0] += share
        held[1] += rates[weekday * 24 + local.hour] * share
        passed = following
    return [
        SilentDay(
            day=day.isoformat(), weekday=day.weekday(), counted_as=int(counted_as), hours=round(hours, 2),
            holiday=int(counted_as) != day.weekday(), expected=round(expected, 3),
        )
        for day, (hours, expected, counted_as) in found.items()
    ]  # fmt: skip
