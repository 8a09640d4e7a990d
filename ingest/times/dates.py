"""Publish times as live pages and feeds write them: the strict reader first, then dateparser, then sanity.

A time that cannot be (before 1900, after it was first seen) is replaced by first_seen_at, and flagged.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.times import from_ms, to_ms
from ingest.times.moments import is_plausible, parse_moment

_ZONES = {"CST": "+08:00", "北京时间": "+08:00"}
_AMERICAN = re.compile(r"(?<=[\dapmAPM.])\s*\(?\b(ET|CT|MT|PT)\)?$")
_OF_AMERICA = {
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
}  # fmt: skip
_HOURS = re.compile(r"\b([01]?\d|2[0-3])h([0-5]\d)\b")
"""10h30"""
_RELATIVE = re.compile(r"\b(?:ago|today|yesterday)\b|前|今天|昨天", re.IGNORECASE)
_CLOCK = re.compile(
    r":|[时点]|\d\s*(?:h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)\b|小时|分钟|秒", re.IGNORECASE
)
_DIGIT = re.compile(r"\d")


def publish_time(text: str, first_seen_at: int, zone: str = "UTC", language: str = "") -> tuple[int, str]:
    """Return (milliseconds, flag): flag is "" for a time taken as written, else what was done about it.

    `zone` is the source's own, for times that name none.
    """
    found = read_time(text, zone, language, first_seen_at)
    if found is None:
        return first_seen_at, "published_at_missing" if not text.strip() else "published_at_unreadable"
    if not is_plausible(found[0], first_seen_at):
        return first_seen_at, "published_at_replaced"
    at, date_only = found
    if at > first_seen_at:
        return first_seen_at, "published_at_replaced"
    return at, "date_only" if date_only else ""


def read_time(text: str, zone: str = "UTC", language: str = "", now: int = 0) -> tuple[int, bool] | None:
    """Return (milliseconds, date only) of `text`, its naive times in `zone`; None if unreadable.

    `now` is when it was read, for times such as "5 minutes ago".
    """
    text = " ".join(text.split())
    if not text or len(text) > 120 or not _DIGIT.search(text):
        return None
    if text.startswith("北京时间"):
        text, zone = text.removeprefix("北京时间").strip(" ：:"), "Asia/Shanghai"
    text = re.sub(r"\b([ap])\.\s?m\.", r"\1m", text, flags=re.IGNORECASE)
    if american := _AMERICAN.search(text):  # summer or winter time, as the day has it
        text, zone = text[: american.start()].rstrip(" ,("), _OF_AMERICA[american[1]]
    text = _HOURS.sub(r"\1:\2", text)
    strict = parse_moment(text, UTC if zone == "UTC" else ZoneInfo(zone))
    return strict or _loose(text, zone, language, now if _RELATIVE.search(text) else 0)


@lru_cache(2048)
def _loose(text: str, zone: str, language: str, now: int) -> tuple[int, bool] | None:
    import dateparser  # 0.3 s to import

    languages = [language] if language in ("en", "zh") else ["en", "zh"]
    clean = text
    for name, offset in _ZONES.items():
        if language == "zh" or name not in ("CST",):
            clean = clean.replace(name, offset)
    try:
        moment: datetime | None = dateparser.parse(
            clean,
            languages=languages,
            settings={
                "TIMEZONE": zone, "RETURN_AS_TIMEZONE_AWARE": True, "TO_TIMEZONE": "UTC", "PREFER_DATES_FROM": "past",
                "STRICT_PARSING": True, "REQUIRE_PARTS": ["day", "month", "year"],
                **({"RELATIVE_BASE": from_ms(now).astimezone(ZoneInfo(zone)).replace(tzinfo=None)} if now else {}),
            },
        )  # fmt: skip
    except (ValueError, OverflowError, TypeError, RecursionError):
        return None
    if moment is None:
        return None
    return to_ms(moment), _CLOCK.search(clean) is None
