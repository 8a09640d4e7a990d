"""What a window's figures tell of its breadth is what its articles, one by one, tell."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.testing import rule_set, share_runners
from alerts.windows.breadth import broad
from alerts.windows.observations import Observation
from alerts.windows.recent_panes import RecentPanes
from alerts.windows.rolling import measure
from core.times import HOUR, MINUTE

ARTICLE = st.tuples(
    st.integers(0, 4), st.integers(0, 5), st.sampled_from([(1, -1), (1, -1), (1, 0), (1, 1), (0, 0)])
)


@given(st.lists(ARTICLE, min_size=1, max_size=12), st.integers(0, 5), st.integers(0, 5))
def test_the_short_way_to_the_breadth_of_news_is_the_long_one(
    told: list[tuple[int, int, tuple[int, int]]], bad: int, beside: int
) -> None:
    held = [
        Observation(0, str(number), f"s{story}", f"p{publisher}", "x", *feeling, 0)
        for number, (story, publisher, feeling) in enumerate(told)
    ]
    rules = rule_set(stories=1, negative_publishers=bad, stories_beside_one=beside)
    [runner] = share_runners(rules, MINUTE)
    windows = RecentPanes()
    windows.add("all", 0, held)
    assert runner.has_evidence(measure("all", 0, HOUR, held), windows) == broad(held, bad, beside)
