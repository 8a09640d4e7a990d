"""What a person does is written under the person's name, with a reason, and nothing else is."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from alerts import audit as chain
from core.errors import ConfigError
from core.store import Store
from core.tables import audit, feedback, silences
from core.times import HOUR
from dashboard import actions
from dashboard.queries import alerts
from dashboard.queries.alerts import WantedAlerts
from tests.browser.sample_store import DESK, END, fill


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store, count=500)
    return store


def firing(store: Store) -> str:
    return str(alerts.find(store, DESK, WantedAlerts(0, END, states=("firing",))).iloc[0]["id"])


def test_acknowledging_and_taking_it_back_stand_in_the_log(filled: Store) -> None:
    ident = firing(filled)
    actions.acknowledge(filled, DESK, ident, actor="ada", reason="looking into it")
    row = alerts.one(filled, DESK, ident).iloc[0]
    assert row["acknowledged"] and row["acknowledged_by"] == "ada" and row["reason"] == "looking into it"
    actions.unacknowledge(filled, DESK, ident, actor="bob", reason="was too soon")
    actions.dispose(filled, DESK, ident, "false", actor="ada", reason="one outlet only")
    assert list(alerts.deeds(filled, DESK, ident)["actor"]) == ["ada", "bob", "ada"]
    with filled.read() as connection:
        assert chain.verify(chain.entries(connection)).fault == ""


def test_without_a_reason_nothing_is_done(filled: Store) -> None:
    with pytest.raises(ConfigError, match="reason"):
        actions.acknowledge(filled, DESK, firing(filled), actor="ada", reason=" ")
    assert not alerts.one(filled, DESK, firing(filled)).iloc[0]["acknowledged"]


def test_a_silence_is_about_one_rule_and_series_and_can_be_ended(filled: Store) -> None:
    actions.silence(
        filled, DESK, "negative-surge", "topic:energy", 8 * HOUR, actor="ada", reason="known outage"
    )
    with filled.read() as connection:
        row = connection.execute(select(silences)).one()
    assert row.ends_at - row.starts_at == 8 * HOUR and row.author == "ada"
    assert len(alerts.active_silences(filled, DESK, row.starts_at)) == 1
    actions.end_silence(filled, DESK, row.id, actor="ada")
    assert alerts.active_silences(filled, DESK, row.starts_at).empty


def test_feedback_keeps_who_said_what_and_why(filled: Store) -> None:
    actions.give_feedback(
        filled, DESK, actor="ada", article="a" * 32, revision="r", said={"sentiment": "negative", "topic": "energy"},
        reason="read it",
    )  # fmt: skip
    with filled.read() as connection:
        rows = connection.execute(select(feedback).order_by(feedback.c.field)).all()
        deeds = connection.execute(select(audit.c.action, audit.c.subject)).all()
    assert [(row.field, row.value, row.actor) for row in rows] == [
        ("sentiment", "negative", "ada"),
        ("topic", "energy", "ada"),
    ]
    assert deeds == [("article.feedback", "a" * 32)]
