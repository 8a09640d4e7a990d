"""What a text states is the same in English and Chinese."""

from __future__ import annotations

from alerts.stories.comparison import conflict
from alerts.stories.facts import facts_of, named_in
from alerts.stories.similarity import log_odds
from core.times import HOUR


def test_facts_are_the_same_in_both_languages():
    english = facts_of("China raises 2 bln dlrs for copper in June", "", ["CN:600362"])
    chinese = facts_of("中国6月为铜筹资20亿", "", ["CN:600362"])
    assert not conflict(english, chinese) and log_odds(english, chinese, 42, HOUR) > 30
    assert named_in("the usual business") == frozenset()
    assert named_in("18亿美元") == named_in("bank of america") == frozenset()
    assert named_in("瑞士央行加息") == {"place:ch", "who:snb", "level:raise", "theme:rates"}


def test_a_story_in_traditional_and_simplified_chinese_states_the_same() -> None:
    one, other = facts_of("騰訊第三季淨利潤增長47%", "", []), facts_of("腾讯第三季净利润增长47%", "", [])
    assert one == other
