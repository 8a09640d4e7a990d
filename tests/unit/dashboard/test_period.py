"""Event time in slots."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.times import DAY, HOUR, MINUTE, parse_iso
from dashboard.period import LADDER, MOST_SLOTS, Period, choose, width_for

NOW = parse_iso("1987-10-21T00:00:00Z")
FIRST = parse_iso("1987-02-26T15:01:00Z")


def test_the_period_ends_where_the_desk_stands_not_at_the_wall_clock() -> None:
    assert choose("24h", FIRST, NOW) == Period(NOW - DAY, NOW, 15 * MINUTE)
    assert choose("all", FIRST, NOW).start == FIRST


def test_a_period_longer_than_the_data_begins_with_the_data() -> None:
    assert choose("30d", NOW - HOUR, NOW).start == NOW - HOUR


def test_chosen_days_stay_within_the_data() -> None:
    assert choose("days", FIRST, NOW, days=(NOW - 2 * DAY, NOW + DAY)) == Period(
        NOW - 2 * DAY, NOW, 15 * MINUTE
    )


def test_a_width_that_would_draw_too_many_slots_is_widened() -> None:
    assert choose("all", FIRST, NOW, width=MINUTE).width == DAY


@given(st.integers(MINUTE, 20 * 365 * DAY))
def test_a_span_is_cut_into_a_number_of_slots_that_can_be_seen(span: int) -> None:
    width = width_for(span)
    assert width in LADDER
    assert span <= MOST_SLOTS * width or width == LADDER[-1]


@given(st.integers(0, 10**12), st.integers(MINUTE, 400 * DAY))
def test_slots_cover_the_period_and_their_labels_sort_as_time_does(start: int, span: int) -> None:
    period = Period(start, start + span, width_for(span))
    assert period.slots[0] <= start and period.slots[-1] < period.end <= period.slots[-1] + period.width
    labels = [period.label(slot) for slot in period.slots]
    assert labels == sorted(set(labels))
