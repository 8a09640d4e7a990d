"""A schedule gives what is due in order of time, then rule, then series, each once."""

from __future__ import annotations

from alerts.engine.schedule import Schedule, ceil_to


def test_what_is_due_comes_in_order_and_once() -> None:
    schedule = Schedule()
    assert schedule.next is None
    for at, rule, series in ((20, 0, "z"), (10, 1, "b"), (10, 0, "c"), (10, 1, "a"), (10, 1, "b")):
        schedule.add(at, rule, series)
    assert schedule.next == 10
    assert schedule.pop() == [(0, "c"), (1, "a"), (1, "b")]
    assert schedule.pop() == [(0, "z")] and schedule.next is None


def test_the_grid_is_aligned_to_the_epoch() -> None:
    assert [ceil_to(at, 15) for at in (-16, -15, 0, 1, 15)] == [-15, -15, 0, 15, 15]
