"""Immediate rules on articles from the future."""

from __future__ import annotations

from alerts.testing import START, desk_of, drive, rule_set, scored
from core.bus.base import SCORED, Received
from core.records import Marker, encode, schema_of
from core.times import DAY, MINUTE, iso


def received(value: bytes, schema: str = "scored/1", offset: int = 0) -> Received:
    return Received(SCORED, 0, offset, b"k", value, schema)


def one(record, offset=0):
    return received(encode(record), schema_of(record), offset)


IMMEDIATE = """
immediate:
  - {name: bank, entities: ["US:JPM"], min_probability: 0.8}
"""


def test_an_article_from_the_future_raises_its_immediate_alert_when_time_has_come_near_it():
    desk = desk_of(rule_set(more=IMMEDIATE))
    bad = {"negative": 9_000, "entities": ["US:JPM"]}
    ahead = START + 40_000 * DAY
    early = drive(
        desk, [(0, Marker(writer="w", t=START)), scored(1, ahead, **bad), scored(2, START + MINUTE, **bad)]
    )
    told = [change.line for one in early for change in one.changes]
    assert [line.article_ids for line in told] == [[scored(2, START).article.id]]
    late = drive(desk, [(0, Marker(writer="w", t=ahead))])
    told = [change.line for one in late for change in one.changes if change.line.state == "firing"]
    assert [(line.onset, line.decided_at) for line in told] == [(iso(ahead), iso(ahead))]
