"""Maintenance windows: times, once or each week, at which matching alerts notify nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.times import from_ms, parse_iso, to_ms

if TYPE_CHECKING:
    from alerts.rules.schema import MaintenanceEntry

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(r"(\w{3})\s+(\d{1,2}):(\d{2})\s*-\s*(\w{3})\s+(\d{1,2}):(\d{2})", re.IGNORECASE)
_WEEK_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """When it holds: [starts, ends) in milliseconds, or [first, last) in minutes of the local week."""

    starts: int = 0
    ends: int = 0
    first: int = -1
    last: int = -1
    zone: str = "UTC"

    def contains(self, now_ms: int) -> bool:
        """Whether `now_ms` lies within."""
        if self.first < 0:
            return self.starts <= now_ms < self.ends
        local = from_ms(now_ms).astimezone(ZoneInfo(self.zone))
        minute = (local.weekday() * 24 + local.hour) * 60 + local.minute
        if self.first < self.last:
            return self.first <= minute < self.last
        return minute >= self.first or minute < self.last


def _moment(text: str, zone: ZoneInfo, name: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name}: expected a time such as 2026-11-28T22:00, got {text!r}") from None
    return to_ms(moment.replace(tzinfo=zone)) if moment.tzinfo is None else parse_iso(text)


def _minute(day: str, hour: str, minute: str) -> int:
    if day.lower() not in _DAYS or int(minute) > 59 or int(hour) * 60 + int(minute) > 24 * 60:
        raise ValueError(f"weekly: no such time: {day} {hour}:{minute} (days are {', '.join(_DAYS)})")
    return ((_DAYS.index(day.lower()) * 24 + int(hour)) * 60 + int(minute)) % _WEEK_MINUTES


def maintenance_window(entry: MaintenanceEntry) -> MaintenanceWindow:
    """The times of a maintenance entry. Raises ValueError in words."""
    try:
        zone = ZoneInfo(entry.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"timezone: no such time zone: {entry.timezone!r}") from None
    if entry.weekly is not None:
        if entry.starts or entry.ends:
            raise ValueError("expected weekly, or starts and ends, not both")
        found = _WEEKLY.fullmatch(entry.weekly.strip())
        if not found:
            raise ValueError(f"weekly: expected `Sat 22:00 - Sun 04:00`, got {entry.weekly!r}")
        parts = found.groups()
        first, last = _minute(*parts[:3]), _minute(*parts[3:])
        if first == last:
            raise ValueError("weekly: it ends when it begins")
        return MaintenanceWindow(first=first, last=last, zone=entry.timezone)
    if not (entry.starts and entry.ends):
        raise ValueError("expected starts and ends, or weekly")
    starts, ends = _moment(entry.starts, zone, "starts"), _moment(entry.ends, zone, "ends")
    if ends <= starts:
        raise ValueError("ends before it starts")
    return MaintenanceWindow(starts=starts, ends=ends)
