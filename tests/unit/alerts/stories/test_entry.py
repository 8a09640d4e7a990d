"""An article counts in each of its series, with the sentiment of that series and once a story."""

from __future__ import annotations

import msgspec

from alerts.testing import START, desk_of, drive, end_marker, rule_set, scored
from core.bus.base import SCORED, Received
from core.records import Mention, encode, schema_of
from core.times import DAY


def received(value: bytes, schema: str = "scored/1", offset: int = 0) -> Received:
    return Received(SCORED, 0, offset, b"k", value, schema)


def one(record, offset=0):
    return received(encode(record), schema_of(record), offset)


def changed(**fields):
    return msgspec.structs.replace(scored(1, START), **fields)


def test_companys_series_takes_the_mentions_own_sentiment():
    desk = desk_of(rule_set())
    mixed = changed(
        mentions=(Mention("US:A", relevance=9_000, p_negative=9_000, p_neutral=1_000, p_positive=0),)
    )
    effects = drive(desk, [mixed, end_marker(START + DAY)])
    found = {pane.window.series: pane.window for one in effects for pane in one.panes}
    assert found["entity:US:A"].negative == 1 and found["all"].negative == 0


def test_thousand_repeats_in_one_pane_count_as_one_story():
    desk = desk_of(rule_set())
    copies = [scored(n, START + n, signature="ab" * 16, title="The same") for n in range(1_000)]
    effects = drive(desk, [*copies, end_marker(START + DAY)], chunk=300)
    [window] = [p.window for one in effects for p in one.panes if p.window.series == "all"]
    assert (window.articles, window.stories) == (1_000, 1)
