"""What both texts state, weighed."""

from __future__ import annotations

from alerts.stories.facts import facts_of
from alerts.stories.similarity import ANY_TWO, log_odds


def test_acts_and_months_alone_are_about_nothing_in_particular():
    one, other = facts_of("Recall halted in June", "", []), facts_of("6月召回暂停", "", [])
    assert one.named == other.named and log_odds(one, other, 20, 0) == ANY_TWO
