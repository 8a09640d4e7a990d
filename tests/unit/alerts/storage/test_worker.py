"""One leased worker per desk; others stand by."""

from __future__ import annotations

from alerts.interfaces.export import alert_lines
from alerts.storage import session as session_module
from alerts.testing import START
from core import tables
from core.records import Marker
from core.store import take_lease
from core.times import MINUTE
from tests.support.worker_runs import END, count, kinds, send, some, work


def test_stand_by_takes_over_only_when_the_lease_is_free(bus, store):
    assert take_lease(store, "main", "somebody else", 10_000) is not None
    send(bus, *some(), END)
    stage = work(bus, store, until=lambda stage: stage.status == "standing by")
    assert stage.counters["articles"] == 0 and count(store, tables.panes) == 0


def test_fenced_worker_writes_nothing_and_starts_over(bus, store, monkeypatch):
    original = session_module.persist.save
    stolen = []

    def steal(connection, name, desk, effects):
        result = original(connection, name, desk, effects)
        if not stolen:
            stolen.append(True)
            connection.execute(tables.leases.update().values(epoch=99, holder="thief", renewed_at=0))
        return result

    monkeypatch.setattr(session_module.persist, "save", steal)
    send(bus, *some(), Marker(writer="w", t=START + MINUTE))
    work(bus, store)
    send(bus, END)
    work(bus, store)
    assert kinds(store) == {"article": 12} and list(alert_lines(store, "main"))
