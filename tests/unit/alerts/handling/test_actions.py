"""What people do with alerts: acknowledge, judge, close."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.delivery import content
from alerts.handling import actions as handling
from core.errors import ConfigError
from core.tables import audit
from core.times import DAY, HOUR, MINUTE
from tests.support.alertrows import change, rows
from tests.support.records import T0
from tests.support.scene import ROUTED, Scene


def test_an_acknowledgement_ends_reminders_until_the_alert_clears(scene: Scene) -> None:
    alert = scene.fires()
    assert scene.does(handling.acknowledge, alert[:12]) == alert
    assert scene.passes(DAY) == 0
    scene.decided(change(scene.rules, state="resolved", decided_at=T0 + DAY))
    again = scene.fires(onset=T0 + 2 * DAY)
    assert again != alert
    assert scene.told() == [("firing", "team"), ("resolved", "team"), ("firing", "team")]
    assert not scene.hands(again)["acknowledged"]


def test_an_acknowledged_alert_that_grows_worse_is_told_all_the_same(scene: Scene) -> None:
    alert = scene.fires(severity="medium")
    scene.does(handling.acknowledge, alert)
    scene.decided(change(scene.rules, severity="critical", decided_at=T0 + 5 * MINUTE))
    assert scene.told() == [("firing", "team"), ("severity", "team")]


def test_each_message_says_why_it_comes_in_both_languages(scene: Scene) -> None:
    scene = Scene(scene.store, ROUTED.replace("again:", "escalate: [{after: 30m, to: [boss]}], again:"))
    scene.fires(severity="medium")
    scene.decided(change(scene.rules, severity="critical", decided_at=T0 + 5 * MINUTE))
    scene.passes(HOUR)
    said = {(row.event, row.channel): content.from_json(row.payload) for row in rows(scene.store)}
    assert said["firing", "team"].note == ""
    rise = said["severity", "team"]
    assert rise.severity_before == "medium"
    assert rise.note == "Its severity rose from medium to critical. 级别由中升至严重。"
    again = said["reminder", "team"]
    assert again.note.startswith("It still fires, and nobody has acknowledged it (reminder 1 of 3). 仍在触发")
    assert again.severity_before == ""
    assert said["escalated", "boss"].note == "Nobody acknowledged it within 30 min. 30 分钟内无人确认。"


def test_unacknowledged_again_reminders_start_anew_from_then(scene: Scene) -> None:
    alert = scene.fires()
    scene.does(handling.acknowledge, alert)
    scene.passes(DAY)
    scene.does(handling.unacknowledge, alert, reason="off shift, nobody took over")
    assert scene.passes(59 * MINUTE) == 0
    assert scene.passes(MINUTE) == 1
    assert scene.told()[-1] == ("reminder", "team")


@pytest.mark.parametrize("action", [handling.acknowledge, handling.close])
def test_every_deed_needs_a_reason_and_an_actor(scene: Scene, action: Any) -> None:
    alert = scene.fires()
    with pytest.raises(ConfigError, match="reason"):
        scene.does(action, alert, reason=" ")
    with pytest.raises(ConfigError, match="actor"):
        scene.does(action, alert, actor=" ")
    assert scene.hands(alert)["updated_at"] == 0


def test_deeds_that_make_no_sense_are_refused_in_words(scene: Scene) -> None:
    alert = scene.fires()
    with pytest.raises(ConfigError, match="at least 6 characters"):
        scene.does(handling.acknowledge, "ab")
    with pytest.raises(ConfigError, match="no alert of desk 'main'"):
        scene.does(handling.acknowledge, "ffffffffffff")
    with pytest.raises(ConfigError, match="is not acknowledged"):
        scene.does(handling.unacknowledge, alert)
    scene.does(handling.acknowledge, alert)
    with pytest.raises(ConfigError, match="acknowledged already, by anna"):
        scene.does(handling.acknowledge, alert)
    with pytest.raises(ConfigError, match="expected true, false, duplicate or known"):
        scene.does(handling.dispose, alert, "maybe")
    scene.decided(change(scene.rules, state="resolved", decided_at=T0 + HOUR))
    with pytest.raises(ConfigError, match="is resolved"):
        scene.does(handling.close, alert)


def test_a_closed_alert_is_told_no_more(scene: Scene) -> None:
    alert = scene.fires(severity="medium")
    scene.does(handling.close, alert)
    scene.decided(change(scene.rules, severity="critical", decided_at=T0 + 5 * MINUTE))
    assert scene.passes(DAY) == 0
    assert scene.told() == [("firing", "team")] and scene.kept() == ["closed"]
    with pytest.raises(ConfigError, match="is closed, by anna: there is nothing to acknowledge"):
        scene.does(handling.acknowledge, alert, actor="bob")
    scene.decided(change(scene.rules, state="resolved", severity="critical", decided_at=T0 + HOUR))
    assert scene.told() == [("firing", "team"), ("resolved", "team")]  # who heard of it hears of its end


def test_a_disposition_may_come_after_the_end_and_be_changed(scene: Scene) -> None:
    alert = scene.fires()
    scene.decided(change(scene.rules, state="resolved", decided_at=T0 + HOUR))
    scene.does(handling.dispose, alert, "false", reason="old news told again")
    scene.does(handling.dispose, alert, "true", reason="it was right after all")
    assert scene.hands(alert)["disposition"] == "true"


def test_every_deed_stands_in_the_audit_log(scene: Scene) -> None:
    alert = scene.fires()
    scene.does(handling.acknowledge, alert)
    scene.does(handling.unacknowledge, alert)
    scene.does(handling.dispose, alert, "known")
    with scene.store.read() as connection:
        entries = connection.execute(audit.select().order_by(audit.c.seq)).all()
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("desk:main", "alert.firing"), ("anna", "alert.acknowledge"), ("anna", "alert.unacknowledge"),
        ("anna", "alert.dispose"),
    ]  # fmt: skip
    assert all(entry.subject == alert for entry in entries)
