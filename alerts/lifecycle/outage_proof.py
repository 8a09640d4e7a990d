"""What an outage is told from, taken from a Health record: numbers, days, samples; and derived again from them.

Of silence: the rates of the hours of the week that ingest says it expected by. Which hours passed, on which days, and
which of those the source's market was closed, is found here anew, from time zone and exchange calendar.
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


class QuietDay(msgspec.Struct, frozen=True):
    """One local day of a silence. `counted_as`: the weekday (Monday 0) by whose hours it was expected."""

    day: str
    weekday: int
    counted_as: int
    holiday: bool
    hours: float
    expected: float


class Proof(msgspec.Struct, frozen=True, kw_only=True):
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
    days: list[QuietDay] = []
    detail: str = ""
    """What a server said: text of the world."""
    told: dict[str, Any] = {}
    """The record's own proof, as ingest wrote it."""


def proof_of(health: Health, calm_since: int | None = None) -> Proof:
    """The proof of what `health` says. Never raises: a record without a proof (an older ingest's) proves little."""
    told = health.proof
    kind = str(told.get("kind", "")) if health.status != "ok" else "ok"
    shared: dict[str, Any] = {
        "source": health.source, "at": health.at, "status": health.status, "detail": health.detail, "told": told,
        "since": health.since,
    }  # fmt: skip
    if health.status == "ok" or (health.status == "silent" and calm_since is not None):
        return Proof(kind="ok", **shared | {"since": calm_since or health.at})
    if health.status == "silent":
        days = quiet_days(health.since, health.at, told)
        chance = exp(-health.expected)
        return Proof(
            kind="silent", observed=0.0, expected=health.expected, p_value=chance, days=days, **shared
        )
    if kind == "misshapen":
        items = int(told.get("items", 0))
        samples = [str(one) for one in told.get("samples", [])]
        return Proof(
            kind=kind, observed=int(told.get("whole", 0)) / items if items else None, items=items,
            expected=float(told.get("usual", 0.0)), samples=sorted(set(samples)), **shared,
        )  # fmt: skip
    return Proof(kind="unreachable", observed=float(told.get("failures", 0)) or None, **shared)


def quiet_days(since: int, at: int, told: dict[str, Any]) -> list[QuietDay]:
    """Day by day what was expected between the two; empty where the record does not say by which rates."""
    rates = told.get("rates") or []
    try:
        zone = ZoneInfo(str(told.get("timezone") or "UTC"))
        market = calendar(str(told["calendar"])) if told.get("calendar") else None
    except (ValueError, ZoneInfoNotFoundError):
        return []
    if len(rates) != _HOURS_OF_WEEK:
        return []
    end = min(at, since + min(int(told.get("reach_ms", _FURTHEST)), _FURTHEST))
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
        QuietDay(
            day=day.isoformat(), weekday=day.weekday(), counted_as=int(counted_as), hours=round(hours, 2),
            holiday=int(counted_as) != day.weekday(), expected=round(expected, 3),
        )
        for day, (hours, expected, counted_as) in found.items()
    ]  # fmt: skip
