"""Maintenance windows: times, once or each week, at which matching alerts notify nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.times import from_ms, parse_iso, to_ms

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(r"(\w{3})\s+(\d{1,2}):(\d{2})\s*-\s*(\w{3})\s+(\d{1,2}):(\d{2})", re.IGNORECASE)
_WEEK_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """A time window: [starts, ends) in milliseconds UTC, or weekly [first, last) in minutes of the week in `zone`."""

    starts: int = 0
    ends: int = 0
    first: int = -1
    last: int = -1
    zone: str = "UTC"

    def contains(self, now_ms: int) -> bool:
        """Return whether the window contains `now_ms` (milliseconds UTC)."""
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


def parse_maintenance(
    starts: str | None, ends: str | None, weekly: str | None, timezone: str
) -> MaintenanceWindow:
    """Return the window of a maintenance entry: from `starts` to `ends` (ISO 8601), or `weekly`.

    Times without an offset are local to `timezone` (IANA name). Raises ValueError, in words for the file's author.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"timezone: no such time zone: {timezone!r}") from None
    if weekly is not None:
        if starts or ends:
            raise ValueError("expected weekly, or starts and ends, not both")
        return _weekly(weekly, timezone)
    if not (starts and ends):
        raise ValueError("expected starts and ends, or weekly")
    first, last = _moment(starts, zone, "starts"), _moment(ends, zone, "ends")
    if last <= first:
        raise ValueError("ends before it starts")
    return MaintenanceWindow(starts=first, ends=last)


def _weekly(text: str, timezone: str) -> MaintenanceWindow:
    found = _WEEKLY.fullmatch(text.strip())
    if not found:
        raise ValueError(f"weekly: expected `Sat 22:00 - Sun 04:00`, got {text!r}")
    parts = found.groups()
    first, last = _minute(*parts[:3]), _minute(*parts[3:])
    if first == last:
        raise ValueError("weekly: it ends when it begins")
    return MaintenanceWindow(first=first, last=last, zone=timezone)
