"""Publish times as live pages and feeds write them."""

from __future__ import annotations

import pytest

from core.times import iso, parse_iso
from ingest.times.dates import publish_time

NOW = parse_iso("2024-05-01T12:00:00Z")


@pytest.mark.parametrize(
    ("text", "zone", "expected", "flag"),
    [
        ("2024-05-01T10:00:00+08:00", "UTC", "2024-05-01T02:00:00Z", ""),
        ("2024-05-01 10:00", "Asia/Shanghai", "2024-05-01T02:00:00Z", ""),
        ("北京时间2024年4月30日 16:38", "UTC", "2024-04-30T08:38:00Z", ""),
        ("April 30, 2024 4:38 p.m. EDT", "UTC", "2024-04-30T20:38:00Z", ""),
        ("2024-04-30", "UTC", "2024-04-30T00:00:00Z", "date_only"),
        ("2030-01-01", "UTC", "2024-05-01T12:00:00Z", "published_at_replaced"),
        ("0001-01-01T00:00:00Z", "UTC", "2024-05-01T12:00:00Z", "published_at_replaced"),
        ("sometime", "UTC", "2024-05-01T12:00:00Z", "published_at_unreadable"),
        ("", "UTC", "2024-05-01T12:00:00Z", "published_at_missing"),
        ("2024-05-01T12:30:00Z", "UTC", "2024-05-01T12:00:00Z", "published_at_replaced"),
        ("2024-05-02T08:00:00Z", "UTC", "2024-05-01T12:00:00Z", "published_at_replaced"),
        ("March 5, 2024 10:00 a.m. ET", "UTC", "2024-03-05T15:00:00Z", ""),
        ("April 5, 2024 10:00 am ET", "Asia/Shanghai", "2024-04-05T14:00:00Z", ""),
        ("March 5, 2024, 1:30 p.m. (PT)", "UTC", "2024-03-05T21:30:00Z", ""),
        ("2024-03-05 10:00 CT", "UTC", "2024-03-05T16:00:00Z", ""),
        ("Tue, 5 Mar 2024 10:00 ET", "UTC", "2024-03-05T15:00:00Z", ""),
        ("05.03.2024 10:30", "Europe/Berlin", "2024-03-05T09:30:00Z", ""),
        ("05.03.2024", "Europe/Berlin", "2024-03-04T23:00:00Z", "date_only"),
        ("20240305103000", "Asia/Shanghai", "2024-03-05T02:30:00Z", ""),
        ("1709606400", "Asia/Shanghai", "2024-03-05T02:40:00Z", ""),
        ("28-01-2016", "Asia/Shanghai", "2016-01-27T16:00:00Z", "date_only"),
        ("2024-03-05T10:30:00+01:00", "Asia/Shanghai", "2024-03-05T09:30:00Z", ""),
        ("Tue, 05 Mar 2024 10:30:00 GMT", "Asia/Shanghai", "2024-03-05T10:30:00Z", ""),
        ("Tue, 05 Mar 2024 10:30:00", "Asia/Shanghai", "2024-03-05T02:30:00Z", ""),
        ("2024-03-05 10:30 EST", "Asia/Shanghai", "2024-03-05T15:30:00Z", ""),
        ("5 minutes ago", "Asia/Shanghai", "2024-05-01T11:55:00Z", ""),
        ("3小时前", "Asia/Shanghai", "2024-05-01T09:00:00Z", ""),
        ("5 March 2024 10h30", "Europe/Paris", "2024-03-05T09:30:00Z", ""),
    ],
)
def test_publish_time_is_read_and_never_after_it_was_seen(
    text: str, zone: str, expected: str, flag: str
) -> None:
    at, found = publish_time(text, NOW, zone)
    assert (iso(at), found) == (expected, flag)


def test_minutes_ago_count_from_when_they_were_read() -> None:
    assert [publish_time("5 minutes ago", at)[0] for at in (NOW, NOW + 60_000)] == [
        NOW - 300_000,
        NOW - 240_000,
    ]
