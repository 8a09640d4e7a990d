"""Late articles are kept beside their panes."""

from __future__ import annotations

from sqlalchemy import select

from alerts.interfaces.export import alert_lines
from alerts.testing import START, scored
from alerts.windows.panes import decode as decode_pane
from core import tables
from core.records import Marker
from core.times import DAY, MINUTE
from tests.support.worker_runs import send, some, work


def test_late_article_is_a_correction_beside_its_pane(bus, store):
    send(bus, *some(), Marker(writer="w", t=START + DAY))
    work(bus, store)
    before = b"".join(alert_lines(store, "main"))
    send(bus, scored(99, START + 30_000), Marker(writer="w", t=START + DAY + MINUTE))
    stage = work(bus, store)
    assert stage.counters["late"] == 1 and b"".join(alert_lines(store, "main")) == before
    where = (tables.corrections.c.series == "all", tables.panes.c.start == tables.corrections.c.start)
    with store.read() as connection:
        row = connection.execute(
            select(tables.corrections.c.start, tables.corrections.c.state, tables.panes.c.articles).where(
                *where, tables.panes.c.series == "all"
            )
        ).one()
    assert [one.article for one in decode_pane(row.state)] == [scored(99, 0).article.id]
    assert (row.start, row.articles) == (START, 3)
