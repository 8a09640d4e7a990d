"""Publish times as live pages and feeds write them: the strict reader first, then dateparser, then sanity.

A time that cannot be (before 1900, after it was first seen) is replaced by first_seen_at, and flagged.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from core.times import to_ms
from ingest.moments import parse_moment, plausible

_ZONES = {"CST": "+08:00", "北京时间": "+08:00"}
_DIGIT = re.compile(r"\d")


def publish_time(text: str, first_seen_at: int, zone: str = "UTC", language: str = "") -> tuple[int, str]:
    """(milliseconds, flag): flag is "" for a time taken as written, else what was done about it.

    `zone` is the source's own, for times that name none.
    """
    found = read_time(text, zone, language)
    if found is None:
        return first_seen_at, "published_at_missing" if not text.strip() else "published_at_unreadable"
    if not plausible(found[0], first_seen_at):
        return first_seen_at, "published_at_replaced"
    at, date_only = found
    if date_only:
        return min(at, first_seen_at), "date_only"
    return min(at, first_seen_at), ""


def read_time(text: str, zone: str = "UTC", language: str = "") -> tuple[int, bool] | None:
    """(milliseconds, date only) of `text`, its naive times in `zone`; None if unreadable."""
    text = " ".join(text.split())
    if not text or len(text) > 120 or not _DIGIT.search(text):
        return None
    if text.startswith("北京时间"):
        text, zone = text.removeprefix("北京时间").strip(" ：:"), "Asia/Shanghai"
    text = re.sub(r"\b([ap])\.\s?m\.", r"\1m", text, flags=re.IGNORECASE)
    strict = parse_moment(text)
    if strict is not None and (zone == "UTC" or _names_zone(text)):
        return strict
    return _loose(text, zone, language) or strict


def _names_zone(text: str) -> bool:
    return bool(re.search(r"(Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2})\s*\)?$", text)) or text.isdigit()


@lru_cache(2048)
def _loose(text: str, zone: str, language: str) -> tuple[int, bool] | None:
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
            },
        )  # fmt: skip
    except (ValueError, OverflowError, TypeError, RecursionError):
        return None
    if moment is None:
        return None
    return to_ms(moment), ":" not in clean and "时" not in clean and "点" not in clean
