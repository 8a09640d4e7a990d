"""Where a desk reads on."""

from __future__ import annotations

from alerts.interfaces.export import alert_lines
from alerts.storage.positions import Position, of_another_log, starting_offsets
from alerts.testing import START
from core.records import Marker
from core.times import MINUTE
from tests.support.worker_runs import END, PARTITIONS, kinds, send, some, work


def test_another_log_voids_the_positions_and_repeats_change_nothing(bus, store):
    send(bus, *some(), Marker(writer="w", t=START + 30 * MINUTE))
    work(bus, store)
    before = b"".join(alert_lines(store, "main"))
    bus.wipe()
    bus.ensure_topics(PARTITIONS)
    send(bus, *some(), END)
    stage = work(bus, store)
    assert stage.counters["repeats"] == 12 and kinds(store) == {"article": 12}
    after = b"".join(alert_lines(store, "main"))
    assert before and after.startswith(before)


def test_reading_starts_at_the_stored_offset_but_never_beyond_the_log() -> None:
    stored = {0: Position("log", 5), 1: Position("log", 9)}
    assert starting_offsets(stored, 3, {0: 7, 1: 7, 2: 7}) == {0: 5, 1: 7, 2: 0}


def test_positions_of_a_log_that_was_made_anew_are_recognised() -> None:
    assert of_another_log({0: Position("old", 5), 1: Position("new", 9)}, "new")
    assert not of_another_log({0: Position("new", 5)}, "new") and not of_another_log({}, "new")
