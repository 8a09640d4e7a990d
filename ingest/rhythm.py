"""Silence is not calm, nor is calm silence: what each source usually publishes by weekday and hour, and when it lacks.

Per source and slot of the week (168 hours in its own time zone) we keep articles seen and hours watched, old weeks
fading. The expected number since the last article is the sum of the slots' rates over that time; with Poisson
arrivals, seven expected and none seen happens once in 1,100 times: `silent`. A market holiday counts as a Sunday.
`broken`: the source cannot be read any more, or titles or bodies that used to be there are suddenly empty.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from core.records import Article, Health
from core.times import DAY, HOUR, MINUTE, from_ms
from ingest.cursor import Cursor
from ingest.sources.spec import SourceSpec

SLOTS = 168
SILENT_AT = 7.0
LEARN_HOURS, LEARN_ARTICLES = 72.0, 20
"""Before so much was watched nothing is called silent."""
FADE = 0.9
"""Kept of a slot's past at each new week's visit: about ten weeks of memory."""
TELL_EVERY_MS = 5 * MINUTE
_SHAPE = 20
"""Articles whose shape (title? body?) is compared with the usual."""


class Rhythm:
    """One source's habit; `state` lives in its cursor. Pure: told the time, never asks."""

    def __init__(self, state: dict[str, Any], timezone: str = "UTC", calendar: str | None = None) -> None:
        self._zone, self._calendar = zoneinfo.ZoneInfo(timezone), calendar
        self.counts: list[float] = state.get("counts") or [0.0] * SLOTS
        self.hours: list[float] = state.get("hours") or [0.0] * SLOTS
        self.watched_until = int(state.get("watched_until", 0))
        self.last_at = int(state.get("last_at", 0))
        self.shape: list[int] = state.get("shape", [])
        self.usual = float(state.get("usual", -1.0))

    @property
    def state(self) -> dict[str, Any]:
        """For the cursor."""
        return {
            "counts": [round(count, 3) for count in self.counts],
            "hours": [round(hour, 3) for hour in self.hours],
            "watched_until": self.watched_until,
            "last_at": self.last_at,
            "shape": self.shape,
            "usual": round(self.usual, 4),
        }

    def slot(self, at_ms: int) -> int:
        """Weekday and hour in the source's time zone; a holiday of its market is a Sunday."""
        moment = from_ms(at_ms).astimezone(self._zone)
        weekday = 6 if self._calendar and is_holiday(self._calendar, moment.date()) else moment.weekday()
        return weekday * 24 + moment.hour

    def watch(self, now_ms: int, articles: int) -> None:
        """A look at `now_ms` brought `articles`. Time not watched (we were down for over two hours) teaches nothing."""
        start = self.watched_until
        if start and now_ms > start and now_ms - start <= 2 * HOUR:
            slot = self.slot(now_ms)
            passed = (now_ms - start) / HOUR
            if self.slot(start) != slot:  # a new hour: the slot's last visit is a week ago
                self.counts[slot] *= FADE
                self.hours[slot] *= FADE
            self.hours[slot] += passed
            self.counts[slot] += articles
        self.watched_until = now_ms
        if articles or not self.last_at:
            self.last_at = now_ms

    def expected(self, since_ms: int, until_ms: int) -> float:
        """Articles that the habit lets expect between the two."""
        total_hours = sum(self.hours)
        mean = sum(self.counts) / total_hours if total_hours else 0.0
        total, at = 0.0, since_ms
        end = min(until_ms, since_ms + 14 * DAY)
        while at < end:
            following = min((at // HOUR + 1) * HOUR, end)
            slot = self.slot(at)
            # An hour of the week that was never watched counts as the mean; one that was quiet once is taken as quiet.
            rate = self.counts[slot] / self.hours[slot] if self.hours[slot] >= 0.5 else mean
            total += rate * (following - at) / HOUR
            at = following
        return total

    @property
    def learnt(self) -> bool:
        """Whether the habit is known well enough to miss anything."""
        return sum(self.hours) >= LEARN_HOURS and sum(self.counts) >= LEARN_ARTICLES

    def note_shape(self, whole: Sequence[bool]) -> None:
        """Whether each of the newest items had both title and body."""
        for one in whole:
            if len(self.shape) >= _SHAPE:
                past = self.shape.pop(0)
                self.usual = past if self.usual < 0 else 0.95 * self.usual + 0.05 * past
            self.shape.append(int(one))

    @property
    def misshapen(self) -> bool:
        """Titles or bodies that used to be there are gone."""
        recent = self.shape[-_SHAPE // 2 :]
        return self.usual >= 0.7 and len(recent) >= _SHAPE // 2 and sum(recent) <= 0.2 * len(recent)


class Watcher:
    """All sources' rhythms, and when to tell of them."""

    def __init__(self, specs: Sequence[SourceSpec]) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._told: dict[str, tuple[int, str]] = {}
        self._seen: dict[str, int] = {}

    def rhythm(self, cursor: Cursor) -> Rhythm:
        """The rhythm that the cursor holds."""
        spec = self._specs[cursor.name]
        return Rhythm(cursor.rhythm, spec.timezone, spec.calendar)

    def saw(
        self, cursor: Cursor, now_ms: int, articles: Sequence[Article], empty: int, unchanged: bool
    ) -> None:
        """A look that worked."""
        rhythm = self.rhythm(cursor)
        rhythm.watch(now_ms, len(articles))
        if not unchanged:
            rhythm.note_shape(
                [bool(article.title and article.body) for article in articles] + [False] * empty
            )
        cursor.rhythm = rhythm.state
        self._seen[cursor.name] = self._seen.get(cursor.name, 0) + len(articles)

    def due(self, now_ms: int, cursors: Mapping[str, Cursor]) -> list[Health]:
        """Health records to publish now: at every change of status, and every five minutes."""
        found = []
        for name, spec in self._specs.items():
            told_at, told = self._told.get(name, (0, ""))
            if not spec.watch or now_ms - told_at < MINUTE:
                continue
            health = self.health(cursors[name], now_ms, told_at or now_ms)
            if health.status != told or now_ms - told_at >= TELL_EVERY_MS:
                self._told[name] = (now_ms, health.status)
                self._seen[name] = 0
                found.append(health)
        return found

    def health(self, cursor: Cursor, now_ms: int, since_ms: int) -> Health:
        """How the source is doing."""
        rhythm = self.rhythm(cursor)
        seen = self._seen.get(cursor.name, 0)
        last = rhythm.last_at or since_ms
        missing = rhythm.expected(last, now_ms) if rhythm.learnt else 0.0
        status: Literal["silent", "broken"]
        if cursor.breaker.open:
            status, detail = "broken", cursor.breaker.error
        elif rhythm.misshapen:
            status, detail = "broken", "titles or bodies that used to be there are empty"
        elif missing >= SILENT_AT:
            status, detail = "silent", f"{missing:.1f} articles were to be expected since its last one"
        else:
            return Health(
                source=cursor.name, at=now_ms, status="ok", seen=seen, since=since_ms,
                expected=round(rhythm.expected(since_ms, now_ms), 3) if rhythm.learnt else 0.0,
            )  # fmt: skip
        return Health(
            source=cursor.name, at=now_ms, status=status, expected=round(missing, 3), seen=0, since=last,
            detail=detail[:300],
        )  # fmt: skip


@lru_cache(4096)
def is_holiday(calendar: str, day: date) -> bool:
    """Whether the market is closed on a weekday; False where its calendar does not reach."""
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
