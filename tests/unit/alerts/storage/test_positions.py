"""Where a desk reads on."""

from __future__ import annotations

from alerts.interfaces.export import alert_lines
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
