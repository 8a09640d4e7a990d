"""Which stretch of event time a page looks at, and into how many slots it is cut.

Event time, not the wall clock: a replay's "now" is the desk's watermark. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.times import DAY, HOUR, MINUTE, WEEK, from_ms

LADDER = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, WEEK)
"""Widths of a slot to choose from."""

WIDTHS = {
    "auto": None, "1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": HOUR, "3h": 3 * HOUR, "6h": 6 * HOUR,
    "12h": 12 * HOUR, "1d": DAY, "1w": WEEK,
}  # fmt: skip
"""The same by name; `auto` is what suits the span."""

MOST_SLOTS = 260
"""More than this are too thin to point at."""

SPANS = {"6h": 6 * HOUR, "24h": DAY, "7d": WEEK, "30d": 30 * DAY}


@dataclass(frozen=True)
class Period:
    """[start, end) in slots of `width` milliseconds, each beginning at a multiple of `width`."""

    start: int
    end: int
    width: int

    @property
    def slots(self) -> range:
        """The start of each slot."""
        return range(self.start // self.width * self.width, self.end, self.width)

    def label(self, slot: int) -> str:
        """A slot's name: unique within the period, sorts as time does."""
        return slot_label(slot, self.width)


def slot_label(slot: int, width: int) -> str:
    """`1987-10-19`, or `1987-10-19 14:30` where a slot is shorter than a day.

    >>> slot_label(561652200000, MINUTE), slot_label(561652200000, DAY)
    ('1987-10-19 14:30', '1987-10-19')
    """
    return f"{from_ms(slot):%Y-%m-%d}" if width >= DAY else f"{from_ms(slot):%Y-%m-%d %H:%M}"


def width_for(span: int, most: int = MOST_SLOTS) -> int:
    """The finest width of the ladder that cuts `span` into at most `most` slots.

    >>> width_for(DAY) // MINUTE, width_for(236 * DAY) // DAY
    (15, 1)
    """
    return next((width for width in LADDER if span <= most * width), LADDER[-1])


def choose(
    name: str, first: int, now: int, width: int | None = None, days: tuple[int, int] | None = None
) -> Period:
    """The period called `name`: a key of SPANS, ending at `now`; `days`: as given; else all since `first`."""
    if name == "days" and days:
        start, end = max(first, days[0]), min(now, days[1])
    else:
        start, end = max(first, now - SPANS[name]) if name in SPANS else first, now
    start = min(start, end - MINUTE)
    return Period(start, end, fit(width, end - start))


def fit(width: int | None, span: int) -> int:
    """`width` if it makes no more slots than can be drawn, else (and for None) what suits the span."""
    return width if width and span <= 2 * MOST_SLOTS * width else width_for(span)
