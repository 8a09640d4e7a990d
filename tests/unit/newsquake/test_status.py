"""What the live status says of sources that cannot be read."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from newsquake.status import Snapshot, Status


def status(**ingest: float) -> Status:
    found = Status(None, [])
    found.add(Snapshot(stages={"ingest": ingest}, statuses={"ingest": "running"}))
    return found


def drawn(found: Status) -> str:
    console = Console(width=120)
    with console.capture() as caught:
        console.print(found.render())
    return caught.get()


def test_sources_that_cannot_be_read_stand_in_line_and_picture() -> None:
    found = status(sources=12, sources_failing=3, sources_broken=1)
    told = "3 of 12 sources cannot be read, 1 of them for long"
    assert told in found.line()
    assert told in drawn(found)


def test_a_source_that_failed_once_is_not_called_down_for_long() -> None:
    assert "for long" not in status(sources=2, sources_failing=1, sources_broken=0).line()


def test_where_all_can_be_read_nothing_is_said() -> None:
    quiet: tuple[dict[str, Any], ...] = ({}, {"sources": 5, "sources_failing": 0, "sources_broken": 0})
    for ingest in quiet:
        assert "cannot be read" not in status(**ingest).line() + drawn(status(**ingest))


def test_what_is_sent_again_after_a_restart_is_told_beside_what_is_read() -> None:
    assert "read 2000 sent 6651 scored" in status(read=2000, sent=6651).line()


def test_the_last_line_of_a_run_that_is_through_says_what_the_summary_says() -> None:
    """What a killed stage had counted is lost; the store is not."""
    found = Status(None, [])
    stages = {
        "ingest": {"read": 4857.0, "sent": 4857.0},
        "classifier": {"scored": 2518.0},
        "alerts": {"articles": 2500.0},
    }
    found.add(Snapshot(stages, fired=3))
    assert "scored 2518" in found.line() and "lag: ingest 0 classifier 2339" in found.line()
    last = found.line(stored=4857)
    assert "read 4857 sent 4857 scored 4857" in last and "decided 4857 alerts 3 lag: none" in last
    assert "panes" not in last, "minutes of event time, here, and panes of series there"
