"""Which alerts make one incident."""

from __future__ import annotations

import pytest

from alerts.incidents import Incidents, group_of
from core.times import DAY


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "topic:energy", ("entity",)), ("c", "entity:US:JPM", ("topic",))),
        (("a", "topic:energy", ("entity",)), ("a", "topic:crypto", ("entity",))),
        (("a", "all", ("topic",)), ("a", "source:reuters", ("topic",))),
        (("a", "entity:US:JPM", ("entity", "topic")), ("a", "entity:US:C", ("entity", "topic"))),
    ],
)
def test_series_that_lack_what_is_grouped_by_are_not_related_by_that(one: tuple, other: tuple) -> None:
    assert group_of(*one) != group_of(*other)


def test_series_that_share_it_are_one_incident_within_a_day() -> None:
    english, chinese = (group_of("a", f"topic:energy@{tongue}", ("entity",)) for tongue in ("en", "zh"))
    assert english == chinese
    incidents = Incidents()
    first = incidents.join(english, "1", 0)
    assert incidents.join(chinese, "2", DAY) == first != incidents.join(chinese, "3", 2 * DAY + 1)
