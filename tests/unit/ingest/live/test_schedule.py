"""Every source is looked at on its own schedule, never twice at once, and what is missed is counted."""

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from ingest.live.host_queues import HostQueues, queue_name
from ingest.live.schedule import THREADS, PollSchedule
from ingest.sources.feed.settings import FeedSettings
from ingest.times.cron import cron_trigger
from tests.support.waiting import wait_until


def spec(name: str, every: str = "1s", host: str = "x.org", **more: object) -> FeedSettings:
    values = {"name": name, "kind": "feed", "url": f"http://{host}/", "every": every, "jitter": "0s", **more}
    return FeedSettings.model_validate(values)


def test_slow_look_is_not_started_twice_and_the_missed_ones_are_counted() -> None:
    inside, most, missed = [0], [0], []
    ended = threading.Event()

    def poll(one: FeedSettings) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        ended.wait(10)
        inside[0] -= 1

    schedule = PollSchedule([spec("slow")], poll, missed.append)  # type: ignore[arg-type]
    schedule.start()
    wait_until(lambda: len(missed) >= 1)
    ended.set()
    schedule.stop()
    assert most[0] == 1
    assert set(missed) == {"slow"}


@pytest.mark.logs_errors
def test_fault_of_ours_in_one_look_stops_no_other() -> None:
    looks: list[str] = []

    def poll(one: FeedSettings) -> None:
        looks.append(one.name)
        if one.name == "bad":
            raise ZeroDivisionError

    schedule = PollSchedule([spec("bad"), spec("good")], poll, lambda name: None)  # type: ignore[arg-type]
    schedule.start()
    wait_until(lambda: looks.count("good") >= 2 and looks.count("bad") >= 2)
    schedule.stop()


def test_more_to_fetch_is_fetched_soon() -> None:
    looks: list[float] = []
    one = spec("s", "1h")
    schedule = PollSchedule([one], lambda found: looks.append(time.monotonic()), lambda name: None)
    schedule.start()
    wait_until(lambda: len(looks) == 1)
    schedule.soon(one, 0.1)
    wait_until(lambda: len(looks) == 2)
    schedule.stop()


def test_a_slow_host_with_many_sources_costs_others_nothing() -> None:
    looks: Counter[str] = Counter()
    at_once, most = [0], [0]
    go = threading.Event()

    def poll(one: FeedSettings) -> None:
        looks[one.name] += 1
        if one.name != "good":
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
            go.wait(20)
            at_once[0] -= 1

    slow = [spec(f"slow{number}", "1h", "slow.org") for number in range(THREADS + 20)]
    schedule = PollSchedule([*slow, spec("good", host="good.org")], poll, lambda name: None)  # type: ignore[arg-type]
    schedule.start()
    wait_until(lambda: looks["good"] >= 3)
    assert looks["slow0"] == 1
    go.set()
    wait_until(lambda: len(looks) == len(slow) + 1)
    schedule.stop()
    assert most[0] == 1, "one after the other"


def test_sources_of_one_host_have_their_turn_in_the_order_in_which_they_came() -> None:
    order: list[str] = []
    inside, go = threading.Event(), threading.Event()

    def poll(one: FeedSettings) -> None:
        order.append(one.name)
        inside.set()
        go.wait(20)

    lanes = HostQueues(poll)  # type: ignore[arg-type]
    first = threading.Thread(target=lanes.enter, args=(spec("a"),))
    first.start()
    assert inside.wait(20)
    assert lanes.enter(spec("b"))
    assert lanes.enter(spec("c"))
    assert not lanes.enter(spec("a")), "its look is not over"
    assert not lanes.enter(spec("b")), "it waits already"
    go.set()
    first.join(20)
    assert order == ["a", "b", "c"]
    assert lanes.enter(spec("b"))
    assert order == ["a", "b", "c", "b"]


def test_a_lane_is_a_host_whatever_the_port_and_a_folder_has_its_own() -> None:
    from ingest.sources.dump.settings import DumpSettings

    assert queue_name(spec("a", host="X.org:81")) == queue_name(spec("b", host="x.org")) == "x.org"
    assert queue_name(DumpSettings(name="d", kind="dump", path="in")) == "source:d"


MONDAY = datetime(2024, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ("0 9 * * 1-5", [0, 1, 2, 3, 4]), ("0 9 * * 0", [6]), ("0 9 * * 7", [6]), ("0 9 * * 0-2", [0, 1, 6]),
        ("0 9 * * mon,3", [0, 2]), ("0 9 * * *", [0, 1, 2, 3, 4, 5, 6]), ("0 9 * * 1-5/2", [0, 2, 4]),
    ],
)  # fmt: skip
def test_days_of_cron_count_from_sunday(fields: str, days: list[int]) -> None:
    trigger, found, last = cron_trigger(fields, "UTC"), set(), MONDAY
    for _ in range(7):
        last = trigger.get_next_fire_time(last, last)
        found.add(last.weekday())
    assert sorted(found) == days


@pytest.mark.parametrize("fields", ["0 9 * * 8", "0 9 * *", "0 9 * * 5-1", ""])
def test_fields_that_cron_does_not_know_are_told(fields: str) -> None:
    with pytest.raises(ValueError, match="field"):
        spec("s", cron=fields)


def test_cron_times_are_put_off_by_the_jitter_and_none_comes_twice() -> None:
    one = spec("s", cron="*/5 * * * *", jitter="60s")
    trigger, last, found = cron_trigger(one.cron or "", "UTC", one.jitter_s), MONDAY, []
    for _ in range(200):
        last = trigger.get_next_fire_time(last, last)
        found.append(last)
    late = [(at - MONDAY) % timedelta(minutes=5) for at in found]
    assert all(late_by <= timedelta(seconds=60) for late_by in late)
    assert max(late) > timedelta(seconds=30)
    assert len({(at - MONDAY) // timedelta(minutes=5) for at in found}) == 200
