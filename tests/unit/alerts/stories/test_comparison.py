"""Facts that conflict, and facts that cannot."""

from __future__ import annotations

from alerts.stories.comparison import conflict
from alerts.stories.facts import facts_of
from alerts.stories.similarity import log_odds
from core.times import HOUR


def test_acts_support_and_contradict_nothing():
    one, other = (
        facts_of(title, "", ["US:KO"]) for title in ("Coca-Cola recalls juice", "可口可乐召回果汁 遭调查")
    )
    third = facts_of("Prosecutors investigate Coca-Cola", "", ["US:KO"])
    fourth = facts_of("Coca-Cola opens a museum", "", ["US:KO"])
    assert not conflict(one, other) and not conflict(one, third)
    assert log_odds(one, other, 40, 0) > log_odds(one, fourth, 40, 0)
    assert log_odds(one, other, 40, 0) > log_odds(one, other, 40, 6 * HOUR)
