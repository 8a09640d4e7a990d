"""A partition with too many undecodable records in a row is paused."""

from __future__ import annotations

import pytest

from alerts.storage import session as session_module
from core.bus.base import SCORED
from tests.support.worker_runs import kinds, work


@pytest.mark.logs_errors
def test_poison_without_end_pauses_its_partition_and_loses_nothing(bus, store):
    producer = bus.producer()
    for _ in range(session_module.POISON_IN_A_ROW):
        producer.send_bytes(SCORED, b"\xff", schema="scored/1", key="x", partition=0)
    producer.flush()
    stage = work(bus, store)
    assert kinds(store) == {"dead": session_module.POISON_IN_A_ROW}
    assert stage.counters["dead"] == session_module.POISON_IN_A_ROW
