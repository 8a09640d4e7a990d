"""A series that no source covers is not resolved as calm."""

from __future__ import annotations

from alerts.testing import START, desk_of, drive, end_marker, rule_set, scored
from core.bus.base import SCORED, Received
from core.records import Health, encode, schema_of
from core.times import DAY, MINUTE


def received(value: bytes, schema: str = "scored/1", offset: int = 0) -> Received:
    return Received(SCORED, 0, offset, b"k", value, schema)


def one(record, offset=0):
    return received(encode(record), schema_of(record), offset)


def test_series_that_nobody_reads_is_not_calm():
    desk = desk_of(rule_set(after="1m"))
    burst = [scored(n, START + n * 1000, negative=9_000) for n in range(6)]
    broken = Health(
        source="wire", at=START + 2 * MINUTE, status="broken", expected=9.0, seen=0, since=START + MINUTE
    )
    desk.on_health(broken)
    effects = drive(desk, [*burst, end_marker(START + DAY)])
    states = [change.line.state for one in effects for change in one.changes if change.line.series == "all"]
    assert states == ["firing"]
