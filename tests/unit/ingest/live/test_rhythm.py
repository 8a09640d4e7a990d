"""Silence beyond a source's own rhythm is told; a quiet night, weekend or holiday is not."""

from datetime import date
from itertools import pairwise

import pytest

from core.records import Article
from core.times import DAY, HOUR, MINUTE, parse_iso
from ingest.live.cursor import Cursor
from ingest.live.market_holidays import is_holiday
from ingest.live.monitor import SourceMonitor
from ingest.live.rhythm import Rhythm
from ingest.sources.feed.settings import FeedSettings

MONDAY = parse_iso("2024-03-04T00:00:00Z")
HALF = 30 * MINUTE


def office_hours(slot: int) -> int:
    """Six articles an hour on weekdays from 9 to 17, nothing else."""
    return 3 if slot // 24 < 5 and 9 <= slot % 24 < 17 else 0


def taught(weeks: int = 3, **options: str) -> Rhythm:
    rhythm = Rhythm({}, **options)  # type: ignore[arg-type]
    for at in range(MONDAY, MONDAY + weeks * 7 * DAY, HALF):
        rhythm.watch(at, office_hours(rhythm.slot(at - HALF)))
    return Rhythm(rhythm.state, **options)  # type: ignore[arg-type]


NEXT_MONDAY = MONDAY + 21 * DAY


def test_quiet_night_and_weekend_are_no_silence() -> None:
    rhythm = taught()
    saturday = NEXT_MONDAY - 2 * DAY
    assert rhythm.learnt
    assert rhythm.expected(saturday, saturday + 2 * DAY) < 3
    assert rhythm.expected(NEXT_MONDAY + 18 * HOUR, NEXT_MONDAY + 32 * HOUR) < 3


def test_quiet_office_hours_are_silence() -> None:
    rhythm = taught()
    assert rhythm.expected(NEXT_MONDAY + 10 * HOUR, NEXT_MONDAY + 12 * HOUR) > 7
    assert rhythm.expected(NEXT_MONDAY + 10 * HOUR, NEXT_MONDAY + 10 * HOUR + HALF) < 7


def test_expected_number_is_about_what_it_publishes() -> None:
    rhythm = taught(8)
    assert rhythm.expected(NEXT_MONDAY, NEXT_MONDAY + 7 * DAY) == pytest.approx(5 * 8 * 6, rel=0.15)


def test_nothing_is_called_silent_before_the_habit_is_known() -> None:
    rhythm = Rhythm({})
    for at in range(MONDAY, MONDAY + DAY, HALF):
        rhythm.watch(at, 3)
    assert not rhythm.learnt


def test_time_that_was_not_watched_teaches_nothing() -> None:
    rhythm = Rhythm({})
    rhythm.watch(MONDAY, 0)
    rhythm.watch(MONDAY + 5 * DAY, 50)
    assert sum(rhythm.hours) == 0
    assert sum(rhythm.counts) == 0


def test_holiday_counts_as_a_sunday() -> None:
    assert is_holiday("XNYS", date(2024, 7, 4))
    assert not is_holiday("XNYS", date(2024, 7, 5))
    assert is_holiday("XSHG", date(2024, 10, 1))
    assert not is_holiday("XNYS", date(2024, 7, 6)), "a Saturday is a Saturday"
    rhythm = Rhythm({}, "America/New_York", "XNYS")
    assert rhythm.slot(parse_iso("2024-07-04T15:00:00Z")) == 6 * 24 + 11
    assert rhythm.slot(parse_iso("2024-07-05T15:00:00Z")) == 4 * 24 + 11


def article(body: str = "b") -> Article:
    times = {"published_at": 0, "first_seen_at": 0, "available_at": 0}
    return Article(id="1", revision="1", origin="o", source="s", title="t", body=body, **times)


def watcher() -> tuple[SourceMonitor, Cursor]:
    return SourceMonitor([FeedSettings(name="s", kind="feed", url="http://x.org/")]), Cursor("s")


def test_health_says_silent_then_ok_again() -> None:
    watch, cursor = watcher()
    cursor.rhythm = taught().state
    last = NEXT_MONDAY + 10 * HOUR
    cursor.rhythm["last_at"] = cursor.rhythm["watched_until"] = last
    assert watch.health(cursor, last + MINUTE, last).status == "ok"
    silent = watch.health(cursor, last + 2 * HOUR, last)
    assert (silent.status, silent.seen) == ("silent", 0)
    assert silent.expected > 7
    watch.note_poll(cursor, last + 2 * HOUR, [article()], (), False)
    assert watch.health(cursor, last + 2 * HOUR + MINUTE, last).status == "ok"


def test_bodies_that_vanish_are_broken() -> None:
    watch, cursor = watcher()
    for step in range(30):
        watch.note_poll(cursor, MONDAY + step * MINUTE, [article()] * 2, (), False)
    assert watch.health(cursor, MONDAY + HOUR, MONDAY).status == "ok"
    for step in range(30, 40):
        watch.note_poll(cursor, MONDAY + step * MINUTE, [article("")], ["o"], False)
    assert watch.health(cursor, MONDAY + HOUR, MONDAY).status == "broken"


def test_headlines_only_from_the_start_are_no_fault() -> None:
    watch, cursor = watcher()
    for step in range(60):
        watch.note_poll(cursor, MONDAY + step * MINUTE, [article("")], (), False)
    assert watch.health(cursor, MONDAY + HOUR, MONDAY).status == "ok"


def test_open_breaker_is_broken_and_says_why() -> None:
    watch, cursor = watcher()
    for _ in range(3):
        cursor.breaker.failure(MONDAY, "answered 503")
    found = watch.health(cursor, MONDAY + HOUR, MONDAY)
    assert (found.status, found.detail) == ("broken", "answered 503")


def test_health_is_told_at_changes_and_every_five_minutes() -> None:
    watch, cursor = watcher()
    cursors = {"s": cursor}
    told = [watch.due(MONDAY + step * MINUTE, cursors) for step in range(11)]
    assert [step for step, found in enumerate(told) if found] == [0, 5, 10]
    for _ in range(3):
        cursor.breaker.failure(MONDAY, "x")
    assert watch.due(MONDAY + 12 * MINUTE, cursors)[0].status == "broken"


def test_a_source_that_publishes_on_holidays_is_not_missed_on_sundays() -> None:
    rhythm = Rhythm({}, "America/New_York", "XNYS")
    for at in range(parse_iso("2024-05-20T00:00:00Z"), parse_iso("2024-06-01T00:00:00Z"), HALF):
        busy = office_hours(
            Rhythm({}, "America/New_York").slot(at - HALF)
        )  # 27 May is a holiday: it does publish
        rhythm.watch(at, busy)
    sunday = parse_iso("2024-06-02T04:00:00Z")
    assert rhythm.expected(sunday, sunday + DAY) < 1


def test_time_that_nobody_watched_is_no_silence() -> None:
    watch, cursor = watcher()
    cursor.rhythm = taught().state
    last = NEXT_MONDAY + 10 * HOUR
    watch.note_poll(cursor, last, [article()], (), False)
    back = last + DAY  # the pipeline itself was down
    assert watch.health(cursor, back, last).status == "ok"
    watch.note_poll(cursor, back, [], (), False)
    assert watch.health(cursor, back + MINUTE, last).status == "ok"
    watch.note_poll(cursor, back + HOUR, [], (), False)
    watch.note_poll(cursor, back + 2 * HOUR, [], (), False)
    assert watch.health(cursor, back + 2 * HOUR, last).status == "silent"


def test_what_stays_broken_does_not_become_usual_within_a_day() -> None:
    watch, cursor = watcher()
    for step in range(40):
        watch.note_poll(cursor, MONDAY + step * MINUTE, [article()], (), False)
    for step in range(40, 140):
        watch.note_poll(cursor, MONDAY + step * MINUTE, [article("")], (), False)
    found = watch.health(cursor, MONDAY + 3 * HOUR, MONDAY)
    assert found.status == "broken"
    assert found.proof["without_body"] == 10 and found.proof["usual"] > 0.75


def test_what_lasts_is_told_each_hour_in_the_end_and_its_end_at_once() -> None:
    watch, cursor = watcher()
    cursors = {"s": cursor}
    for _ in range(3):
        cursor.breaker.failure(MONDAY, "x")
    told = [step for step in range(3 * 24 * 60) if watch.due(MONDAY + step * MINUTE, cursors)]
    gaps = [after - before for before, after in pairwise(told)]
    assert set(gaps[:8]) == {5} and gaps[-1] == 60 and len(told) < 150
    cursor.breaker.success()
    assert [one.status for one in watch.due(MONDAY + 3 * DAY, cursors)] == ["ok"]
