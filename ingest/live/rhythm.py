"""What a source usually publishes by weekday and hour, and whether it is missing now.

Per source and slot of the week (168 hours in its own time zone) we keep articles seen and hours watched, old weeks
fading. The expected number since the last article is the sum of the slots' rates over that time; with Poisson
arrivals, seven expected and none seen happens once in 1,100 times: `silent`. A market holiday counts as a Sunday.
`broken`: the source cannot be read any more, or titles or bodies that used to be there are suddenly empty.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from typing import Any

from core.records import Article
from core.times import DAY, HOUR, from_ms
from ingest.live.market_holidays import is_holiday

SLOTS = 168
SILENT_AT = 7.0
LEARN_HOURS, LEARN_ARTICLES = 72.0, 20
"""Before so much was watched no source counts as silent."""
FADE = 0.9
"""Kept of a slot's past at each new week's visit: about ten weeks of memory."""
NOTHING, WHOLE, NO_TITLE, NO_BODY = 0, 1, 2, 3
"""Shapes of an item: neither title nor body (it became a dead letter), both, no title, no body."""
USUAL, LEFT = 0.7, 0.2
"""Broken is a source of whose items so many were whole, and of the newest ten no more than so many are."""
REACH_MS = 14 * DAY
"""No further back is anything expected: a source that ended long ago is silent, and not more so each day."""
_SHAPE = 20
"""Articles whose shape (title? body?) is compared with the usual."""


class Rhythm:
    """One source's rhythm; `state` is kept in its cursor. Pure: it is given the time."""

    def __init__(self, state: dict[str, Any], timezone: str = "UTC", calendar: str | None = None) -> None:
        self._zone, self._calendar = zoneinfo.ZoneInfo(timezone), calendar
        self.counts: list[float] = state.get("counts") or [0.0] * SLOTS
        self.hours: list[float] = state.get("hours") or [0.0] * SLOTS
        self.watched_until = int(state.get("watched_until", 0))
        self.last_at = int(state.get("last_at", 0))
        self.quiet_since = int(state.get("quiet_since", self.last_at))
        """Since when it was watched and gave nothing: its last article, or the end of a time that nobody watched."""
        self.shape: list[int] = state.get("shape", [])
        self.samples: list[str] = state.get("samples", [])
        """Of the newest items that lacked title or body: article ids, else origins of dead letters."""
        self.usual = float(state.get("usual", -1.0))

    @property
    def state(self) -> dict[str, Any]:
        """What the cursor keeps."""
        return {
            "counts": [round(count, 3) for count in self.counts],
            "hours": [round(hour, 3) for hour in self.hours],
            "watched_until": self.watched_until,
            "last_at": self.last_at,
            "quiet_since": self.quiet_since,
            "shape": self.shape,
            "samples": self.samples,
            "usual": round(self.usual, 4),
        }

    def slot(self, at_ms: int) -> int:
        """Weekday and hour in the source's time zone; a holiday of its market is a Sunday."""
        moment = from_ms(at_ms).astimezone(self._zone)
        weekday = 6 if self.closed(at_ms) else moment.weekday()
        return weekday * 24 + moment.hour

    def closed(self, at_ms: int) -> bool:
        """Return whether the source's market has a holiday at `at_ms` (epoch ms)."""
        return bool(self._calendar) and is_holiday(
            str(self._calendar), from_ms(at_ms).astimezone(self._zone).date()
        )

    def watch(self, now_ms: int, articles: int) -> None:
        """Record a poll at `now_ms` that returned `articles` articles; a gap of over two hours is not learned."""
        start = self.watched_until
        # A holiday is expected to be like a Sunday, and teaches nothing of Sundays: some sources do publish then.
        if start and now_ms > start and now_ms - start <= 2 * HOUR and not self.closed(now_ms):
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
        if articles or not start or now_ms - start > 2 * HOUR:
            self.quiet_since = now_ms

    def expected(self, since_ms: int, until_ms: int) -> float:
        """Expected number of articles between two times (ms), REACH_MS behind the first at most."""
        rates = self.rates()
        total, at = 0.0, since_ms
        end = min(until_ms, since_ms + REACH_MS)
        while at < end:
            following = min((at // HOUR + 1) * HOUR, end)
            total += rates[self.slot(at)] * (following - at) / HOUR
            at = following
        return total

    def rates(self) -> list[float]:
        """Return the articles an hour in each of the week's 168 hours, to four decimals; `expected` adds these up."""
        total_hours = sum(self.hours)
        mean = sum(self.counts) / total_hours if total_hours else 0.0
        # An hour of the week that was never watched counts as the mean; one that was quiet once is taken as quiet.
        return [
            round(count / hours if hours >= 0.5 else mean, 4)
            for count, hours in zip(self.counts, self.hours, strict=True)
        ]

    @property
    def learnt(self) -> bool:
        """Whether the rhythm is known well enough for a silence to be unusual."""
        return sum(self.hours) >= LEARN_HOURS and sum(self.counts) >= LEARN_ARTICLES

    def note_shape(self, shapes: Sequence[tuple[int, str]]) -> None:
        """Record the shape and id of each of the newest items."""
        for one, name in shapes:
            if len(self.shape) >= _SHAPE:
                # While it is broken it is hardly learned from: else what is broken would soon be usual.
                new = 0.002 if self.misshapen else 0.05
                past = float(self.shape.pop(0) == WHOLE)
                self.usual = past if self.usual < 0 else (1 - new) * self.usual + new * past
            self.shape.append(one)
            if one != WHOLE:
                self.samples = [*self.samples, name][-_SHAPE // 2 :]

    @property
    def recent(self) -> list[int]:
        """Shapes of the newest items, which are compared with the usual."""
        return self.shape[-_SHAPE // 2 :]

    @property
    def misshapen(self) -> bool:
        """Whether titles or bodies that used to be there are missing."""
        recent = self.recent
        whole = recent.count(WHOLE)
        return self.usual >= USUAL and len(recent) >= _SHAPE // 2 and whole <= LEFT * len(recent)

    def proof_of_silence(self) -> dict[str, Any]:
        """Return the numbers that `expected` was computed from, by name."""
        return {
            "kind": "silent", "timezone": self._zone.key, "calendar": self._calendar or "",
            "last_at": self.last_at, "threshold": SILENT_AT, "reach_ms": REACH_MS, "rates": self.rates(),
        }  # fmt: skip

    def proof_of_shape(self) -> dict[str, Any]:
        """Return what the newest items lack, and how many of the earlier ones were whole, by name."""
        recent = self.recent
        return {
            "kind": "misshapen", "usual": round(self.usual, 4), "usual_at_least": USUAL, "whole_at_most": LEFT,
            "items": len(recent), "whole": recent.count(WHOLE), "without_title": recent.count(NO_TITLE),
            "without_body": recent.count(NO_BODY), "without_both": recent.count(NOTHING),
            "samples": self.samples[-(len(recent) - recent.count(WHOLE)) :],
        }  # fmt: skip


def shape_of(article: Article) -> tuple[int, str]:
    """Return the article's shape (WHOLE, NO_BODY or NO_TITLE), and its id."""
    if article.title and article.body:
        return WHOLE, article.id
    return (NO_BODY if article.title else NO_TITLE), article.id
