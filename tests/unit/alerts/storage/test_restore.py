"""A desk goes on after a restart as if there had been none."""

from __future__ import annotations

from alerts.interfaces.export import alert_lines
from alerts.testing import START, scored
from core.records import Marker
from core.times import DAY, MINUTE
from tests.support.worker_runs import END, fates, send, some, work


def test_revision_whose_first_was_counted_long_before_a_restart_does_not_count(bus, store):
    send(bus, scored(1, START), Marker(writer="w", t=START + 10 * MINUTE))
    work(bus, store)
    send(bus, scored(1, START + DAY // 2, revision="2"), END)
    work(bus, store)
    assert sorted(fates(store).values()) == ["counted", "revision"]


def test_open_panes_survive_a_restart(bus, store):
    send(bus, *some(), Marker(writer="w", t=START + MINUTE))
    work(bus, store)
    assert set(fates(store).values()) == {"open"}
    send(bus, END)
    work(bus, store)
    assert set(fates(store).values()) == {"counted"}
    whole = b"".join(alert_lines(store, "main"))
    assert whole
