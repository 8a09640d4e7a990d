"""Holidays of the markets that sources follow."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache


@lru_cache(4096)
def is_holiday(calendar: str, day: date) -> bool:
    """Return whether the market is closed on this weekday; False at weekends, and where its calendar does not reach."""
    if day.weekday() >= 5:
        return False
    found = _sessions(calendar, day.year)
    return bool(found) and day.isoformat() not in found


@lru_cache(64)
def _sessions(calendar: str, year: int) -> frozenset[str]:
    import exchange_calendars  # a second to import: only sources with a calendar pay it

    try:
        found = exchange_calendars.get_calendar(calendar, start=f"{year}-01-01", end=f"{year}-12-31")
    except (ValueError, exchange_calendars.errors.CalendarError):
        return frozenset()
    return frozenset(datetime.date(session).isoformat() for session in found.sessions)
