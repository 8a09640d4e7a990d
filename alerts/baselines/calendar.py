"""The hour of the week of a moment in a series' market time, holidays counted as Sundays.

A news rhythm follows the local clock (so daylight saving must not shift it) and the exchange's holidays: an
hour of a holiday is the same hour of a Sunday. Holidays come from exchange_calendars (a versioned input); before
the first and after the last day it knows, weekdays are plain weekdays.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from core.times import HOUR

HOURS_OF_WEEK = 168
PLAIN = "none"
"""No exchange: UTC, no holidays."""
_OF_COUNTRY = {
    "US": "XNYS",
    "CN": "XSHG",
    "HK": "XHKG",
    "IN": "XBOM",
    "GB": "XLON",
    "JP": "XTKS",
    "DE": "XFRA",
}
_SUNDAY = 6
_FIRST, _LAST = "1985-01-01", "2035-12-31"


class Calendar:
    """The hour of the week of every hour, by one exchange's clock and holidays."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._bins: dict[int, int] = {}
        self._plain: dict[int, int] = {}
        self._spans: dict[tuple[int, int], tuple[tuple[int, ...], tuple[int, ...] | None]] = {}
        self._zone: ZoneInfo | None = None
        self._sessions: frozenset[date] = frozenset()
        self._known: tuple[date, date] | None = None
        if name != PLAIN:
            self._load()

    def _load(self) -> None:
        # Half a second each: only a desk that needs a market's hours pays it.
        import exchange_calendars
        import pandas as pd

        kind = _kind(exchange_calendars, self.name)
        # Never the library's default span, which follows the wall clock: a replay must see what the live run saw.
        first = max(kind.bound_min() or pd.Timestamp(_FIRST), pd.Timestamp(_FIRST))
        last = min(kind.bound_max() or pd.Timestamp(_LAST), pd.Timestamp(_LAST))
        calendar = kind(start=first, end=last)
        self._zone = ZoneInfo(str(calendar.tz))
        self._sessions = frozenset(session.date() for session in calendar.sessions)
        self._known = (calendar.first_session.date(), calendar.last_session.date())

    def bin(self, hour: int) -> int:
        """Return the hour of the week, 0..167 (local Monday 00:00 = 0), of the hour `hour` hours after 1970."""
        known = self._bins.get(hour)
        return self._find(hour) if known is None else known

    def _find(self, hour: int) -> int:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        if self._zone is not None:
            moment = moment.astimezone(self._zone)
        holiday = self.is_holiday(moment.date())
        day = _SUNDAY if holiday else moment.weekday()
        if len(self._bins) > 200_000:  # twenty years
            self._bins.clear()
            self._plain.clear()
        if holiday:
            self._plain[hour] = moment.weekday() * 24 + moment.hour
        self._bins[hour] = day * 24 + moment.hour
        return self._bins[hour]

    def plain(self, hour: int) -> int | None:
        """Return the bin that an hour of a holiday would have on a plain day; None on all other days."""
        self.bin(hour)
        return self._plain.get(hour)

    def span(self, first: int, last: int) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
        """Return the bins of the hours `first` to `last` inclusive, and what they would be without holidays.

        The latter is None where there is no holiday among them.
        """
        found = self._spans.get((first, last))
        if found is None:
            if len(self._spans) > 1_000:
                self._spans.clear()
            hours = range(first, last + 1)
            bins = tuple([self.bin(hour) for hour in hours])
            others = [self.plain(hour) for hour in hours]
            plain = tuple([b if other is None else other for b, other in zip(bins, others, strict=True)])
            found = self._spans[first, last] = (bins, plain if plain != bins else None)
        return found

    def is_holiday(self, day: date) -> bool:
        """Return whether `day` is a weekday without a session, within the days that the calendar knows."""
        if self._known is None or not self._known[0] <= day <= self._known[1]:
            return False
        return day.weekday() < 5 and day not in self._sessions

    def bin_at(self, ms: int) -> int:
        """Return the bin (0..167, an hour of the week) of the hour that holds `ms` (epoch ms), as `bin` does."""
        return self.bin(ms // HOUR)


def _kind(library: Any, name: str) -> Any:
    """The calendar's class; without making one of the default span first, where the library lets us."""
    known = getattr(library.calendar_utils, "_default_calendar_factories", {})
    return known.get(name) or type(library.get_calendar(name))


@lru_cache(maxsize=32)
def calendar(name: str) -> Calendar:
    """Return the exchange's calendar by its MIC (XNYS, XSHG …), or "none". Raises ValueError for an unknown name."""
    try:
        return Calendar(name)
    except Exception as error:
        raise ValueError(
            f"unknown exchange calendar {name!r}: write a MIC such as XNYS, XSHG, or none"
        ) from error


def calendar_of(series: str) -> str:
    """Return the exchange (MIC) whose clock a series follows: of its company's country, its language, or New York.

    >>> calendar_of("entity:CN:600519"), calendar_of("topic:energy@zh"), calendar_of("all")
    ('XSHG', 'XSHG', 'XNYS')
    """
    if series.startswith("entity:"):
        country = series[7:].split(":", 1)[0]
        if country in _OF_COUNTRY:
            return _OF_COUNTRY[country]
    return "XSHG" if series.endswith("@zh") else "XNYS"
