"""Times: integer milliseconds since 1970-01-01T00:00:00Z throughout; text only at the interfaces."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MS = 1
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """Milliseconds since the epoch of `moment`; a naive one is taken as UTC.

    >>> to_ms(datetime(1987, 10, 19, 16, 30))
    561659400000
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """Return the datetime (aware, UTC) of milliseconds since the epoch."""
    return _EPOCH + timedelta(milliseconds=ms)


def iso(ms: int) -> str:
    """ISO 8601 in UTC, with milliseconds only where they are not 0.

    >>> iso(561659400000), iso(1)
    ('1987-10-19T16:30:00Z', '1970-01-01T00:00:00.001Z')
    """
    text = from_ms(ms).isoformat(timespec="milliseconds" if ms % 1000 else "seconds")
    return text.replace("+00:00", "Z")


def parse_iso(text: str) -> int:
    """Milliseconds since the epoch of an ISO 8601 text; without a zone it is UTC. Raises ValueError."""
    return to_ms(datetime.fromisoformat(text))


_UNITS = {"ms": MS, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}


def parse_span(text: str | int | float) -> int:
    """Milliseconds of a span such as "90s", "15m", "1h", "7d"; a bare number is seconds. Raises ValueError.

    >>> parse_span("15m"), parse_span(2), parse_span("2")
    (900000, 2000, 2000)
    """
    if isinstance(text, (int, float)):
        return _whole(text * SECOND, text)
    body = str(text).strip()
    if body.replace(".", "", 1).isdecimal():  # as the environment has it
        return _whole(float(body) * SECOND, text)
    for unit in ("ms", "s", "m", "h", "d", "w"):
        if body.endswith(unit) and (number := body[: -len(unit)].strip()).replace(".", "", 1).isdecimal():
            return _whole(float(number) * _UNITS[unit], text)
    raise ValueError(_NO_SPAN.format(text))


_NO_SPAN = "not a span of time: {!r:.60} (write 90s, 15m, 1h, 7d)"
_LONGEST = 10_000 * 366 * DAY
"""Ten thousand years: longer spans overflow the calendar."""


def _whole(ms: float, text: object) -> int:
    if not -_LONGEST < ms < _LONGEST:  # neither is NaN
        raise ValueError(_NO_SPAN.format(text))
    return round(ms)


def format_span(ms: int) -> str:
    """Return a span of milliseconds as text, in the largest unit that divides it.

    >>> format_span(900000), format_span(5400000), format_span(1500)
    ('15m', '90m', '1500ms')
    """
    for unit in ("w", "d", "h", "m", "s"):
        if ms and ms % _UNITS[unit] == 0:
            return f"{ms // _UNITS[unit]}{unit}"
    return f"{ms}ms"
