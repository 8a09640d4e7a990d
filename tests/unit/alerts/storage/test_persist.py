"""What a desk decided is written."""

from __future__ import annotations

from alerts.testing import START
from core import tables
from core.records import Health
from core.times import DAY
from tests.support.worker_runs import END, count, send, work


def test_health_is_stored(bus, store):
    said = Health(source="wire", at=START, status="broken", expected=3.0, seen=0, since=START - DAY)
    send(bus, said, END)
    work(bus, store)
    assert count(store, tables.health) == 1
