"""Alerts end with their rule."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from alerts.delivery import content
from alerts.delivery.channels.contract import Message
from alerts.delivery.channels.mail.render import render
from alerts.evidence.verify.stored_alert import alert_checks, alert_row, changes
from alerts.evidence.verify.stored_change import bare_checks
from alerts.handling import audit
from alerts.interfaces.export import alert_lines
from alerts.interfaces.listing import show_alert
from alerts.rules.loading import parse_rules
from alerts.testing import START, rule_set
from core import tables
from core.records import Marker
from core.times import MINUTE
from tests.support.scene import SETTINGS
from tests.support.worker_runs import send, some, work


def test_alert_of_a_rule_that_changed_is_resolved_where_the_desk_stands(bus, store):
    send(bus, *some(), Marker(writer="w", t=START + 7 * MINUTE))
    work(bus, store, rules=rule_set(after="1h"))
    before = list(alert_lines(store, "main"))
    assert before and not any(b'"resolved"' in line for line in before)
    send(bus, Marker(writer="w", t=START + 8 * MINUTE))
    work(bus, store, rules=rule_set(after="1h", stories=9_999))
    after = list(alert_lines(store, "main"))
    ended = [line for line in after if b'"resolved"' in line]
    assert len(ended) == len({line.split(b'"')[3] for line in before}) and set(before) <= set(after)
    with store.read() as connection:
        open_ones = select(func.count()).where(tables.alerts.c.state == "firing")
        assert connection.execute(open_ones).scalar_one() == 0


TO_TEAM = "notify: {route: {default: [team]}}\n"


ALL = "notify: {route: {default: [team, boss]}}\n"


@pytest.mark.parametrize(
    "after",
    [rule_set(after="1h", stories=9_999, more=ALL), parse_rules("rules: []\n" + ALL, "rules of the test")],
    ids=["changed", "gone"],
)
def test_who_heard_of_an_alert_hears_that_it_ends_with_its_rule(bus, store, after):
    send(bus, *some(), Marker(writer="w", t=START + 7 * MINUTE))
    work(bus, store, rules=rule_set(after="1h", more=TO_TEAM), settings=SETTINGS, notify=True)
    for _ in range(2):  # started twice, told once
        send(bus, Marker(writer="w", t=START + 8 * MINUTE))
        work(bus, store, rules=after, settings=SETTINGS, notify=True)
    fired = {row.alert_id for row in outbox(store) if row.event == "firing"}
    ends = [row for row in outbox(store) if row.event == "resolved"]
    assert fired and {row.alert_id for row in ends} == fired and len(ends) == len(fired)
    assert {(row.channel, row.status) for row in ends} == {("team", "pending")}
    mail = render(message(ends[0]))
    assert mail.subject.startswith("[resolved]")
    assert "its rule was changed or removed" in mail.text and "其规则已被修改或移除" in mail.text
    with store.read() as connection:
        log = list(audit.entries(connection))
        rows = [row for row in changes(connection, "main", ends[0].alert_id) if row.state == "resolved"]
        alert = alert_row(connection, "main", ends[0].alert_id)
        whole = list(alert_checks(connection, "main", alert, changes(connection, "main", alert.id), {MINUTE}))
        bare = {check.what: check.verdict for check in bare_checks(connection, "main", rows[0])}
        history = show_alert(connection, "main", alert.id)["history"]
    assert bare == {"stored line": "agrees", "evidence pack": "unknown", "audit log": "agrees"}
    assert "its rule was changed or removed" in history[-1]["reason"]
    assert audit.verify(log).fault == ""
    ended = {entry.subject: entry for entry in log if entry.action == "alert.resolved"}
    assert set(ended) == fired and all(entry.actor == "desk:main" for entry in ended.values())
    assert json.loads(ended[alert.id].detail)["line"] == json.loads(rows[0].line)
    assert {check.verdict for check in whole} == {"agrees"}


def test_a_replay_tells_nobody_that_an_alert_ends_with_its_rule(bus, store):
    send(bus, *some(), Marker(writer="w", t=START + 7 * MINUTE))
    work(bus, store, rules=rule_set(after="1h", more=TO_TEAM), settings=SETTINGS)
    send(bus, Marker(writer="w", t=START + 8 * MINUTE))
    work(bus, store, rules=rule_set(after="1h", stories=9_999, more=TO_TEAM), settings=SETTINGS)
    rows = outbox(store)
    assert {row.event for row in rows} == {"firing", "resolved"}
    assert {row.status for row in rows} == {"withheld"}


def outbox(store):
    with store.read() as connection:
        return connection.execute(select(tables.outbox)).all()


def message(row):
    return Message(row.id, content.from_json(row.payload))
