"""Every source is looked at on its own schedule, never twice at once, and what is missed is counted."""

import threading
import time

from ingest.schedule import Schedule
from ingest.sources.spec import FeedSpec


def spec(name: str, every: str = "1s") -> FeedSpec:
    return FeedSpec(name=name, kind="feed", url="http://x.org/", every=every, jitter="0s")  # type: ignore[arg-type]


def until(condition: object, within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_slow_look_is_not_started_twice_and_the_missed_ones_are_counted() -> None:
    inside, most, missed = [0], [0], []
    ended = threading.Event()

    def look(one: FeedSpec) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        ended.wait(10)
        inside[0] -= 1

    schedule = Schedule([spec("slow")], look, missed.append)  # type: ignore[arg-type]
    schedule.start()
    until(lambda: len(missed) >= 1)
    ended.set()
    schedule.stop()
    assert most[0] == 1
    assert set(missed) == {"slow"}


def test_fault_of_ours_in_one_look_stops_no_other() -> None:
    looks: list[str] = []

    def look(one: FeedSpec) -> None:
        looks.append(one.name)
        if one.name == "bad":
            raise ZeroDivisionError

    schedule = Schedule([spec("bad"), spec("good")], look, lambda name: None)  # type: ignore[arg-type]
    schedule.start()
    until(lambda: looks.count("good") >= 2 and looks.count("bad") >= 2)
    schedule.stop()


def test_more_to_fetch_is_fetched_soon() -> None:
    looks: list[float] = []
    one = spec("s", "1h")
    schedule = Schedule([one], lambda found: looks.append(time.monotonic()), lambda name: None)
    schedule.start()
    until(lambda: len(looks) == 1)
    schedule.soon(one, 0.1)
    until(lambda: len(looks) == 2)
    schedule.stop()
