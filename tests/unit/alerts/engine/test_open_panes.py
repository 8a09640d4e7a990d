"""Open panes hold articles by the time they belong to, and give them out in the order in which they are decided."""

from __future__ import annotations

from alerts.engine import open_panes
from alerts.engine.open_panes import OpenPanes
from alerts.stories.entry import Entry
from alerts.testing import START, desk_of, rule_set, scored
from core.times import HOUR, MINUTE

DESK = desk_of(rule_set())


def entry(number: int, at: int) -> Entry:
    return DESK.entry(scored(number, at))


def test_contents_are_sorted_whatever_the_order_of_arrival() -> None:
    articles = [entry(1, START + 30_000), entry(2, START), entry(3, START)]
    one, other = OpenPanes(MINUTE), OpenPanes(MINUTE)
    for held in articles:
        one.add(held)
    for held in reversed(articles):
        other.add(held)
    found = one.contents(START)
    assert found == other.contents(START) and [held.at for held in found] == sorted(h.at for h in articles)


def test_panes_are_dropped_from_the_earliest_on() -> None:
    panes = OpenPanes(MINUTE)
    assert panes.next_end is None and len(panes) == 0
    for minute in (5, 0, 3):
        panes.add(entry(minute, START + minute * MINUTE))
    assert (panes.next_end, len(panes)) == (START + MINUTE, 3)
    panes.drop(START)
    assert (panes.next_end, len(panes)) == (START + 4 * MINUTE, 2)


def test_what_is_looked_up_together_ends_where_nothing_may_close_yet(monkeypatch) -> None:
    panes = OpenPanes(MINUTE)
    for minute in range(10):
        panes.add(entry(minute, START + minute * MINUTE))
    first = panes.contents(START)
    assert len(panes.coming(START, first, START + HOUR)) == 10
    assert len(panes.coming(START, first, START + 4 * MINUTE)) == 4
    monkeypatch.setattr(open_panes, "TOGETHER", 3)
    assert len(panes.coming(START, first, START + HOUR)) == 3
