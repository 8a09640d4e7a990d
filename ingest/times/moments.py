"""Times as dumps and metadata write them -> integer milliseconds, strictly: what is not certain is no time.

Live pages go through ingest/times/dates.py (dateparser) after this. Naive times are UTC, or in the zone that is given.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz

from core.times import DAY, to_ms

EARLIEST = -2_208_988_800_000
"""1900-01-01: news before that is a broken date."""
FUTURE_MS = DAY
"""A clock may be this wrong before a time counts as being in the future."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip
_ZONES = {
    "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "HKT": 8,
    "SGT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7,
}  # fmt: skip
_CLOCK = (
    r"(?:[\sT,]+(?P<h>\d{1,2})[:时点](?P<mi>\d{2})(?:[:分](?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?秒?"
    r"\s*(?P<ap>[AaPp]\.?[Mm]\.?)?\s*(?P<z>Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?)?"
)
_NO_YEAR = re.compile(r"([+-]?\d{5,9}|-\d{4}|0000)-(0\d|1[0-2])-([0-2]\d|3[01])([T\s].*)?")
"""A date by its form, of a year that cannot be: treated as one that cannot be, like the years 0001 and 9999."""
NEVER, ALWAYS = -62_135_596_800_000, 253_402_300_799_000
"""The first and the last second of the calendar."""
_EPOCH = re.compile(r"-?\d{9,13}(\.\d+)?|\d{16}|\d{19}")
_FORMATS = tuple(
    re.compile(rf"\s*{body}{_CLOCK}\s*")
    for body in (
        r"(?P<d>\d{1,2})[-\s./](?P<mon>[A-Za-z]{3,9})\.?[-\s./,]+(?P<y>\d{4})",  # 3-MAR-1987
        r"(?P<mon>[A-Za-z]{3,9})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})",  # March 3, 1987
        r"(?P<y>\d{4})[-/.年]\s*(?P<mo>\d{1,2})[-/.月]\s*(?P<d>\d{1,2})日?",  # 1987/3/3, 1987年3月3日
        r"(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})[-/.](?P<y>\d{4})",  # 28-01-2016, 01/28/2016
    )
)


def parse_moment(value: object, zone: tzinfo = UTC) -> tuple[int, bool] | None:
    """Return (milliseconds, whether it is a date without a time) of text, number, date or datetime; None if unreadable.

    `zone` is that of text which names none.

    An impossible date (the year 99999) gives the calendar's first or last second, not None.

    >>> parse_moment("3-MAR-1987 09:15:05.40")
    (541761305400, False)
    >>> parse_moment("2016-01-28")
    (1453939200000, True)
    >>> parse_moment("31-MAR-1987 605:12:19.12") is None
    True
    """
    if isinstance(value, str):
        return _text(value, zone)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, datetime):
        return to_ms(value), False
    if isinstance(value, date):
        return to_ms(datetime(value.year, value.month, value.day)), True
    return None


def _number(value: float) -> tuple[int, bool] | None:
    """Seconds, milli-, micro- or nanoseconds since 1970, told apart by size (seconds up to the year 5138)."""
    if value != value or value in (float("inf"), float("-inf")):
        return None
    size = abs(value)
    for limit, factor in ((1e11, 1000), (1e14, 1), (1e17, 1e-3), (1e20, 1e-6)):
        if size < limit:
            return (
                value * 1000 if factor == 1000 else value if factor == 1 else value * factor
            ).__round__(), False
    return None


def _in(zone: tzinfo, moment: datetime) -> int:
    return to_ms(moment if moment.tzinfo is not None or zone is UTC else moment.replace(tzinfo=zone))


def _text(value: str, zone: tzinfo) -> tuple[int, bool] | None:
    text = value.strip()
    if not text:
        return None
    if _EPOCH.fullmatch(text):
        return _number(float(text) if "." in text else int(text))
    try:
        if len(text) == 14 and text.isdigit():
            return _in(zone, datetime.strptime(text, "%Y%m%d%H%M%S")), False
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        if found := _NO_YEAR.fullmatch(text):
            return (NEVER if found[1][0] in "-0" else ALWAYS), False
        return _formats(text, zone) or _mail(text, zone)
    return _in(zone, moment), len(text) <= 10


def _formats(text: str, zone: tzinfo) -> tuple[int, bool] | None:
    for pattern in _FORMATS:
        if (found := pattern.fullmatch(text)) is None:
            continue
        part = found.groupdict()
        if "a" in part:
            first, second = int(part["a"]), int(part["b"])
            # 28-01-2016 can be read one way only; of 03/04/2016 the slash says American, the rest day first.
            month, day = (
                (first, second) if second > 12 or (part["sep"] == "/" and first <= 12) else (second, first)
            )
        else:
            name = part.get("mon")
            month = _MONTHS.get(name.lower(), 0) if name else int(part["mo"])
            day = int(part["d"])
        try:
            return _assemble(int(part["y"]), month, day, part, zone)
        except (ValueError, OverflowError, KeyError):
            return None
    return None


def _assemble(year: int, month: int, day: int, part: dict[str, str | None], zone: tzinfo) -> tuple[int, bool]:
    if part["h"] is None:
        return _in(zone, datetime(year, month, day)), True
    hour = int(part["h"])
    if half := part["ap"]:
        if not 1 <= hour <= 12:
            raise ValueError("hour")
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    micro = int((part["f"] or "0")[:6].ljust(6, "0"))
    moment = datetime(
        year,
        month,
        day,
        hour,
        int(part["mi"] or 0),
        int(part["s"] or 0),
        micro,
        tzinfo=_zone(part["z"], zone),
    )
    return to_ms(moment), False


def _zone(text: str | None, zone: tzinfo) -> tzinfo:
    if not text:
        return zone
    if text == "Z":
        return UTC
    if text.isalpha():
        return timezone(
            timedelta(hours=_ZONES[text])
        )  # an unknown or ambiguous name (CST, IST) is no certain time
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _mail(text: str, zone: tzinfo) -> tuple[int, bool] | None:
    """`Mon, 19 Oct 1987 16:30:00 -0400`, as mail and RSS write it."""
    if ":" not in text or (text[:1].isdigit() and "-" in text[:4]):
        return None
    parsed = parsedate_tz(text)
    if parsed is None or not 1000 <= parsed[0] <= 9999:
        return None
    try:
        if text[-3:-2] == ":":  # ends in its clock: names no zone
            return to_ms(datetime(*parsed[:6], tzinfo=zone)), False
        return to_ms(datetime(*parsed[:6], tzinfo=UTC) - timedelta(seconds=parsed[9] or 0)), False
    except (ValueError, OverflowError):
        return None


def is_plausible(ms: int, now_ms: int) -> bool:
    """Return whether news can be from `ms`: from 1900 to a day after `now_ms` (clocks may be wrong)."""
    return EARLIEST <= ms <= now_ms + FUTURE_MS
