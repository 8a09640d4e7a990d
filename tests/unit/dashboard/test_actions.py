"""What a person does is written under the person's name, with a reason, and nothing else is."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from alerts.handling import actions as handling
from alerts.handling import audit as chain
from core.errors import ConfigError
from core.store import Store
from core.tables import audit, feedback, silences
from core.times import HOUR
from dashboard import actions
from dashboard.charts.palette import PALETTES
from dashboard.period import Period
from dashboard.queries import alerts
from dashboard.queries.alerts import WantedAlerts
from dashboard.viewer import Viewer
from dashboard.views.submit import why
from tests.browser.sample_store import DESK, END, fill


@pytest.fixture
def acted_on(sqlite_store: Store) -> Store:
    """A store of its own for what is written; the statements are the alerts room's, tested there on both databases."""
    fill(sqlite_store, count=300)
    return sqlite_store


def firing(store: Store) -> str:
    return str(alerts.find(store, DESK, WantedAlerts(0, END, states=("firing",))).iloc[0]["id"])


def test_acknowledging_and_taking_it_back_stand_in_the_log(acted_on: Store) -> None:
    ident = firing(acted_on)
    actions.acknowledge(acted_on, DESK, ident, actor="ada", reason="looking into it")
    row = alerts.one(acted_on, DESK, ident).iloc[0]
    assert row["acknowledged"] and row["acknowledged_by"] == "ada" and row["reason"] == "looking into it"
    actions.unacknowledge(acted_on, DESK, ident, actor="bob", reason="was too soon")
    actions.dispose(acted_on, DESK, ident, "false", actor="ada", reason="one outlet only")
    assert list(alerts.recorded_actions(acted_on, DESK, ident)["actor"]) == ["ada", "bob", "ada"]
    with acted_on.read() as connection:
        assert chain.verify(chain.entries(connection)).fault == ""


def test_without_a_reason_nothing_is_done(acted_on: Store) -> None:
    with pytest.raises(ConfigError, match="reason"):
        actions.acknowledge(acted_on, DESK, firing(acted_on), actor="ada", reason=" ")
    assert not alerts.one(acted_on, DESK, firing(acted_on)).iloc[0]["acknowledged"]


def test_what_cannot_be_done_is_said_in_the_readers_language(acted_on: Store) -> None:
    ident, said = firing(acted_on), {"actor": "ada", "reason": "looking into it"}
    english, chinese = (
        Viewer(tongue, PALETTES["safe"], False, Period(0, HOUR, HOUR), True) for tongue in ("en", "zh")
    )
    actions.acknowledge(acted_on, DESK, ident, **said)
    with pytest.raises(ConfigError, match=f"alert {ident} is acknowledged already, by ada") as twice:
        actions.acknowledge(acted_on, DESK, ident, **said)
    assert why(chinese, twice.value) == f"预警 {ident} 已由 ada 确认"
    assert why(english, twice.value) == f"Alert {ident} is acknowledged already, by ada"
    with pytest.raises(ConfigError) as gone:
        actions.end_silence(acted_on, DESK, "sil_0", actor="ada")
    assert why(chinese, gone.value).startswith("没有编号以 'sil_0' 开头的")
    with pytest.raises(ConfigError) as everything:
        actions.silence(acted_on, DESK, {"series": "**"}, HOUR, **said)
    assert why(chinese, everything.value) == "规则、序列或级别: 至少填一项且不能只是 *，否则全部都会静默"
    with pytest.raises(ConfigError) as mute:
        actions.dispose(acted_on, DESK, ident, "true", actor="ada", reason="")
    assert why(chinese, mute.value) == "理由（必填）: 请简述理由（至少 3 个字符）"


def test_a_silence_is_about_one_rule_and_series_and_can_be_ended(acted_on: Store) -> None:
    about = {"rule": "negative-surge", "series": "topic:energy", "severity": ""}
    actions.silence(acted_on, DESK, about, 8 * HOUR, actor="ada", reason="known outage")
    with acted_on.read() as connection:
        row = connection.execute(select(silences)).one()
    assert row.ends_at - row.starts_at == 8 * HOUR and row.author == "ada"
    (one,) = alerts.silences_left(acted_on, DESK, row.starts_at)
    assert one.matchers == {"rule": "negative-surge", "series": "topic:energy"}
    actions.end_silence(acted_on, DESK, row.id, actor="ada")
    assert alerts.silences_left(acted_on, DESK, row.starts_at) == []


def test_feedback_keeps_who_said_what_and_why(acted_on: Store) -> None:
    actions.give_feedback(
        acted_on, DESK, actor="ada", article="a" * 32, revision="r", said={"sentiment": "negative", "topic": "energy"},
        reason="read it",
    )  # fmt: skip
    with acted_on.read() as connection:
        rows = connection.execute(select(feedback).order_by(feedback.c.field)).all()
        recorded = connection.execute(select(audit.c.action, audit.c.subject)).all()
    assert [(row.field, row.value, row.actor) for row in rows] == [
        ("sentiment", "negative", "ada"),
        ("topic", "energy", "ada"),
    ]
    assert recorded == [("article.feedback", "a" * 32)]


def test_an_alert_is_closed_and_judged_with_one_reason_or_closed_alone(acted_on: Store) -> None:
    first, second = alerts.find(acted_on, DESK, WantedAlerts(0, END, states=("firing",)))["id"][:2]
    with pytest.raises(ConfigError, match="reason: say in a few words why"):
        actions.close(acted_on, DESK, first, "false", actor="ada", reason="  ")
    assert alerts.one(acted_on, DESK, first).iloc[0]["disposition"] == ""
    actions.close(acted_on, DESK, first, "false", actor="ada", reason="one outlet, copied")
    row = alerts.one(acted_on, DESK, first).iloc[0]
    assert (row["closed_by"], row["disposition"], row["reason"]) == ("ada", "false", "one outlet, copied")
    assert list(alerts.recorded_actions(acted_on, DESK, first)["action"]) == ["alert.dispose", "alert.close"]
    actions.close(acted_on, DESK, second, "", actor="ada", reason="the desk knows")
    row = alerts.one(acted_on, DESK, second).iloc[0]
    assert (row["closed_by"], row["disposition"]) == ("ada", "")


def test_an_alert_closed_elsewhere_says_by_whom_and_waits_for_nobody(acted_on: Store) -> None:
    ident, open_before = firing(acted_on), alerts.counts(acted_on, DESK)
    assert alerts.one(acted_on, DESK, ident).iloc[0]["closed_by"] == ""
    with acted_on.write() as connection:
        handling.close(connection, DESK, ident, actor='w"ei', reason="known to the desk", now_ms=END)
    assert alerts.one(acted_on, DESK, ident).iloc[0]["closed_by"] == 'w"ei'
    found = alerts.find(acted_on, DESK, WantedAlerts(0, END)).set_index("id")
    assert found.loc[ident, "closed_by"] == 'w"ei' and (found["closed_by"] != "").sum() == 1
    assert list(alerts.recorded_actions(acted_on, DESK, ident)["action"]) == ["alert.close"]
    left = alerts.counts(acted_on, DESK)
    assert left["firing"] == open_before["firing"]
    assert left["unacknowledged"] == open_before["unacknowledged"] - 1


def test_what_the_desk_says_of_its_own_changes_is_no_deed(acted_on: Store) -> None:
    ident = firing(acted_on)
    with acted_on.write() as connection:
        chain.append(
            connection,
            at=END,
            desk=DESK,
            actor=f"desk:{DESK}",
            action="alert.firing",
            subject=ident,
            detail={},
        )
    assert alerts.recorded_actions(acted_on, DESK, ident).empty
