"""What people and clocks do with alerts: who hears of what, when, and why not."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from alerts import content, handling, outbox, silences
from alerts.delivery.sweep import Sweep, due_at
from alerts.quiet import Facts, Quiet, decide, reason_of
from alerts.rules import RuleSet
from core.errors import ConfigError
from core.settings import Settings
from core.store import Store
from core.tables import audit
from core.times import DAY, HOUR, MINUTE, iso
from tests.support.alertrows import RULES, Change, change, rows, rules_of
from tests.support.alertrows import decide as desk_decides
from tests.support.records import T0

SETTINGS = Settings.model_validate(
    {
        "delivery": {
            "webhooks": [
                {"name": name, "url": f"https://{name}.example/", "secret": "whsec_" + "A" * 32}
                for name in ("team", "boss")
            ]
        }
    }
)
ROUTED = "notify: {route: {default: [team]}, again: {first: 1h, factor: 2, most: 3h, times: 3}}\n"
NOW = T0 + HOUR


class Scene:
    """A desk at a time, told what happens; `told` is what the outbox would send."""

    def __init__(self, store: Store, more: str = ROUTED, rules: RuleSet | None = None) -> None:
        self.store, self.rules, self.now = store, rules or rules_of(more), NOW
        self.sweep = Sweep(SETTINGS, ["boss", "team"], self.rules)

    def decided(self, *changes: Change, notify: bool = True) -> None:
        desk_decides(self.store, SETTINGS, self.rules, *changes, now_ms=self.now, notify_people=notify)
        self.now += 1  # so that rows stand in the order in which they were made

    def fires(self, **fields: Any) -> str:
        one = change(self.rules, **fields)
        self.decided(one)
        return one.line.id

    def passes(self, ms: int) -> int:
        self.now += ms
        with self.store.write() as connection:
            return self.sweep.sweep(connection, self.now)

    def does(self, deed: Any, *arguments: Any, **fields: Any) -> Any:
        with self.store.write() as connection:
            if deed in (silences.add, silences.expire):
                return deed(connection, "main", *arguments, now_ms=self.now, **fields)
            fields = {"actor": "anna", "reason": "looking into it", **fields}
            return deed(connection, "main", *arguments, now_ms=self.now, **fields)

    def told(self) -> list[tuple[str, str]]:
        return [(row.event, row.channel) for row in rows(self.store) if row.status in ("pending", "sent")]

    def kept(self) -> list[str]:
        return [str(reason_of(row.error)) for row in rows(self.store) if row.status == "withheld"]

    def hands(self, alert: str) -> dict[str, Any]:
        with self.store.read() as connection:
            return handling.state_of(connection, "main", alert)


@pytest.fixture
def scene(sqlite_store: Store) -> Scene:
    return Scene(sqlite_store)


# -- the decision, as a table


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, None),
        ({"notify": False, "silence": "s"}, Quiet.REPLAY),
        ({"stale": True, "silence": "s"}, Quiet.STALE),
        ({"closed_by": "anna", "silence": "s"}, Quiet.CLOSED),
        ({"disposition": "false"}, Quiet.DISPOSED),
        ({"disposition": "duplicate"}, Quiet.DISPOSED),
        ({"disposition": "true"}, None),
        ({"silence": "s", "maintenance": "m"}, Quiet.SILENCED),
        ({"maintenance": "m", "inhibited_by": "a"}, Quiet.MAINTENANCE),
        ({"inhibited_by": "a", "told_in_incident": "critical"}, Quiet.INHIBITED),
        ({"told_in_incident": "high"}, Quiet.FOLDED),
        ({"told_in_incident": "critical"}, Quiet.FOLDED),
        ({"told_in_incident": "medium"}, None),
        ({"event": "resolved", "heard": True, "silence": "s"}, None),
        ({"event": "resolved", "heard": True, "closed_by": "anna"}, None),
        ({"event": "resolved", "heard": False}, Quiet.UNHEARD),
        ({"event": "resolved", "notify": False}, Quiet.REPLAY),
    ],
)
def test_whether_anybody_hears_is_a_pure_decision_with_its_reason(
    facts: dict[str, Any], reason: Quiet | None
) -> None:
    found = decide(Facts(**{"event": "firing", "severity": "high", "incident": "i", **facts}))
    assert (found[0] if found else None) == reason


# -- what people do


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


@pytest.mark.parametrize("deed", [handling.acknowledge, handling.close])
def test_every_deed_needs_a_reason_and_an_actor(scene: Scene, deed: Any) -> None:
    alert = scene.fires()
    with pytest.raises(ConfigError, match="reason"):
        scene.does(deed, alert, reason=" ")
    with pytest.raises(ConfigError, match="actor"):
        scene.does(deed, alert, actor=" ")
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


# -- silences, maintenance


def test_a_silenced_alert_is_kept_and_told_when_the_silence_ends_and_it_still_fires(scene: Scene) -> None:
    silence = scene.does(
        silences.add, {"series": "entity:US:*/topic:*"}, starts_at=NOW, ends_at=NOW + HOUR, reason="known story",
        author="anna",
    )  # fmt: skip
    alert = scene.fires()
    assert scene.told() == [] and scene.kept() == ["silenced"]
    assert scene.hands(alert)["silenced"]
    assert scene.passes(59 * MINUTE) == 0
    assert scene.passes(MINUTE) == 1
    assert scene.passes(MINUTE) == 0
    assert scene.told() == [("firing", "team")] and not scene.hands(alert)["silenced"]
    assert "known story" in str(silence)


def test_a_silence_that_is_ended_early_lets_go_at_once(scene: Scene) -> None:
    made = scene.does(
        silences.add, {"rule": "company-*"}, starts_at=NOW, ends_at=NOW + DAY, reason="testing", author="anna"
    )
    scene.fires()
    assert scene.passes(0) == 0
    scene.does(silences.expire, made.id[:10], actor="bob")
    assert scene.passes(0) == 1


def test_only_a_silence_that_is_not_over_can_be_ended(scene: Scene) -> None:
    def begins(after: int, lasts: int) -> str:
        at = scene.now + after
        made = scene.does(
            silences.add,
            {"rule": "company-*"},
            starts_at=at,
            ends_at=at + lasts,
            reason="testing",
            author="anna",
        )
        return str(made.id)

    def ended() -> list[str]:
        with scene.store.read() as connection:
            query = audit.select().where(audit.c.action == "silence.expire")
            return [row.subject for row in connection.execute(query)]

    old = begins(0, HOUR)
    scene.now += DAY
    with pytest.raises(ConfigError, match="no silence in force or to come"):
        scene.does(silences.expire, old, actor="bob")
    assert ended() == []
    to_come = begins(HOUR, HOUR)
    # All ids begin alike: of two, one is over, so that what they share says which is meant.
    assert scene.does(silences.expire, "sil_", actor="bob") == to_come
    assert ended() == [to_come]
    with pytest.raises(ConfigError, match="no silence in force or to come"):
        scene.does(silences.expire, to_come, actor="bob")


def test_silences_are_listed_with_those_first_that_are_not_over(scene: Scene) -> None:
    def begins(after: int, lasts: int) -> str:
        at = NOW + after
        made = scene.does(
            silences.add, {"rule": "x"}, starts_at=at, ends_at=at + lasts, reason="why", author="anna"
        )
        return str(made.id)

    long, over, early, to_come = (
        begins(0, 9 * DAY),
        begins(HOUR, HOUR),
        begins(2 * HOUR, DAY),
        begins(DAY, DAY),
    )
    scene.does(silences.expire, early, actor="bob")
    with scene.store.read() as connection:
        at = NOW + 3 * HOUR
        names = lambda found: [one.id for one in found]  # noqa: E731
        assert names(silences.newest(connection, "main", at, 9)) == [to_come, long, early, over]
        assert names(silences.newest(connection, "main", at, 3)) == [to_come, long, early]
        assert names(silences.newest(connection, "main", at, 9, over=False)) == [to_come, long]
        assert names(silences.left(connection, "main", at)) == [to_come, long]
        assert names(silences.holding(connection, "main", at)) == [long]
        assert names(silences.listed(connection, "main")) == [to_come, early, over, long]


def test_an_alert_that_cleared_in_silence_is_never_told(scene: Scene) -> None:
    scene.does(silences.add, {"rule": "*", "severity": "high"}, starts_at=NOW, ends_at=NOW + HOUR, reason="why not",
               author="anna")  # fmt: skip
    scene.fires()
    scene.decided(change(scene.rules, state="resolved", decided_at=T0 + HOUR))
    scene.passes(2 * HOUR)
    assert scene.told() == [] and sorted(scene.kept()) == ["silenced", "unheard"]


@pytest.mark.parametrize(
    ("matchers", "fields", "words"),
    [
        ({}, {}, "rule, series, severity or alert: one is needed"),
        ({"series": "**"}, {}, "everything would be silent"),
        ({"series": "{all,topic:*,entity:**,source:*}"}, {}, "everything would be silent"),
        ({"series": "{**,all}", "rule": "{*,one}"}, {}, "everything would be silent"),
        ({"rule": "?*"}, {}, "everything would be silent"),
        ({"severity": "low,medium,high,critical"}, {}, "everything would be silent"),
        ({"rule": "*", "series": "*:**"}, {"reason": "x"}, "reason: say in a few words why"),
        ({"series": "topic:nonsense"}, {}, "no topic is called"),
        ({"severity": "urgent"}, {}, "severity urgent: expected low, medium, high or critical"),
        ({"colour": "red"}, {}, "unknown matcher"),
        ({"rule": "x"}, {"reason": ""}, "reason: say in a few words why"),
        ({"rule": "x"}, {"author": " "}, "author: say who you are"),
        ({"rule": "x"}, {"ends_at": NOW}, "end before it begins"),
        ({"rule": "x"}, {"ends_at": NOW + 400 * DAY}, "at most a year"),
    ],
)
def test_a_silence_is_checked(
    scene: Scene, matchers: dict[str, str], fields: dict[str, Any], words: str
) -> None:
    whole = {"starts_at": NOW, "ends_at": NOW + HOUR, "reason": "why not", "author": "anna", **fields}
    with pytest.raises(ConfigError, match=words):
        scene.does(silences.add, matchers, **whole)


@pytest.mark.parametrize(
    "matchers",
    [
        {"series": "entity:**"}, {"series": "topic:*"}, {"series": "{all,topic:*}"}, {"rule": "q*"},
        {"rule": "*", "severity": "low,medium"}, {"series": "**@zh"}, {"series": "{all,topic:*}", "rule": "*"},
    ],
)  # fmt: skip
def test_a_silence_of_much_but_not_of_everything_is_taken(scene: Scene, matchers: dict[str, str]) -> None:
    scene.does(silences.add, matchers, starts_at=NOW, ends_at=NOW + HOUR, reason="why not", author="anna")


def test_maintenance_is_kept_quiet_and_told_after_it(sqlite_store: Store) -> None:
    # T0 is a Monday 09:00 UTC, now an hour later: 11:00 in Zurich.
    text = ROUTED + (
        "maintenance:\n  - {name: move, weekly: Mon 10:00 - Mon 12:00, timezone: Europe/Zurich, reason: the move}\n"
    )
    scene = Scene(sqlite_store, text)
    scene.fires()
    assert scene.told() == [] and scene.kept() == ["maintenance"]
    assert scene.passes(59 * MINUTE) == 0
    assert scene.passes(MINUTE) == 1


# -- larger alerts, incidents

MARKET = (
    RULES
    + """
  - name: market
    series: ["topic:equities_market"]
    window: 1h
    detector: negative_share
inhibit:
  - {by: {rule: market, severity: [high, critical]}, what: {series: "entity:**"}}
"""
)


@pytest.fixture
def market(sqlite_store: Store) -> Scene:
    return Scene(sqlite_store, rules=rules_of(ROUTED, MARKET))


def test_the_whole_market_inhibits_one_company_until_it_is_over(market: Scene) -> None:
    of_market = {"rule": "market", "series": "topic:equities_market"}
    market.fires(**of_market)
    company = market.fires()
    assert market.told() == [("firing", "team")] and market.kept() == ["inhibited"]
    assert market.hands(company)["inhibited_by"]
    market.decided(change(market.rules, state="resolved", decided_at=T0 + HOUR, **of_market))
    assert market.passes(MINUTE) == 1
    assert sorted(event for event, _ in market.told()) == ["firing", "firing", "resolved"]


def test_a_small_market_alert_inhibits_nothing(market: Scene) -> None:
    market.fires(rule="market", series="topic:equities_market", severity="medium")
    market.fires()
    assert market.told() == [("firing", "team")] * 2


def test_alerts_never_inhibit_themselves_or_each_other_in_a_ring(sqlite_store: Store) -> None:
    ring = ROUTED + 'inhibit:\n  - {by: {series: "entity:**"}, what: {series: "entity:**"}}\n'
    scene = Scene(sqlite_store, ring)
    scene.fires()
    scene.fires(series="entity:US:C")
    assert scene.told() == [("firing", "team")] * 2


def test_one_incident_is_told_once_unless_it_grows_worse(scene: Scene) -> None:
    scene.fires(incident="i1", severity="high")
    scene.fires(incident="i1", severity="medium", series="entity:US:JPM")
    scene.fires(incident="i1", severity="critical", series="entity:US:JPM@en")
    scene.fires(incident="i2", severity="low", series="entity:US:C")
    assert scene.told() == [("firing", "team")] * 3 and scene.kept() == ["folded"]


def test_what_was_folded_is_told_when_the_rest_of_its_incident_is_over(scene: Scene) -> None:
    scene.fires(incident="i1")
    scene.fires(incident="i1", series="entity:US:JPM")
    scene.decided(change(scene.rules, incident="i1", state="resolved", decided_at=T0 + HOUR))
    assert scene.passes(MINUTE) == 1
    assert sorted(event for event, _ in scene.told()) == ["firing", "firing", "resolved"]


# -- the clock


def test_reminders_come_with_growing_gaps_and_then_stop(scene: Scene) -> None:
    scene.fires()
    times = []
    for minute in range(0, 12 * 60, 15):
        if scene.passes(15 * MINUTE):
            times.append((minute + 15) // 60)
    assert times == [1, 3, 6]  # after 1 h, then 2 h, then 3 h (most), three times
    assert [event for event, _ in scene.told()] == ["firing"] + ["reminder"] * 3


def test_a_worker_that_was_away_sends_one_reminder_not_all_that_were_due(scene: Scene) -> None:
    scene.fires()
    assert scene.passes(DAY) == 1
    assert scene.passes(DAY) == 0


def test_nobody_is_reminded_of_what_was_never_told(scene: Scene) -> None:
    scene.decided(change(scene.rules), notify=False)
    assert scene.passes(DAY) == 0 and scene.told() == []


def test_escalation_tells_more_people_once_when_nobody_acknowledges(sqlite_store: Store) -> None:
    text = (
        "notify:\n  route: {default: [team]}\n  again: {times: 0}\n"
        "  escalate: [{after: 30m, severity: high, to: [boss]}]\n"
    )
    scene = Scene(sqlite_store, text)
    severe = scene.fires()
    scene.fires(series="entity:US:C", severity="medium")
    assert scene.passes(29 * MINUTE) == 0
    assert scene.passes(MINUTE) == 1
    assert scene.passes(DAY) == 0
    assert scene.told() == [("firing", "team"), ("firing", "team"), ("escalated", "boss")]
    assert scene.hands(severe)["escalation"] == 1


def test_an_acknowledged_alert_is_not_escalated(sqlite_store: Store) -> None:
    scene = Scene(sqlite_store, ROUTED.replace("again:", "escalate: [{after: 30m, to: [boss]}], again:"))
    scene.does(handling.acknowledge, scene.fires())
    assert scene.passes(2 * HOUR) == 0


def test_the_wall_clock_may_jump_back_without_stopping_the_sweeps(scene: Scene) -> None:
    scene.fires()
    assert scene.sweep.run(scene.store, None, NOW + 10 * DAY) == 1
    assert scene.sweep.run(scene.store, None, NOW) == 0
    assert scene.sweep._next_ms == NOW + 5_000


def test_reminder_times_grow_by_the_factor_up_to_the_most() -> None:
    assert [due_at(0, done, HOUR, 2.0, 3 * HOUR) // HOUR for done in range(5)] == [1, 3, 6, 9, 12]


# -- what is enqueued


def test_a_pending_alert_is_nobodys_business(scene: Scene) -> None:
    scene.decided(change(scene.rules, state="pending"))
    assert rows(scene.store) == []


def test_a_backlog_is_kept_and_not_sent_where_the_rules_say_so(sqlite_store: Store) -> None:
    scene = Scene(sqlite_store, "notify: {stale_after: 1d}\n")
    scene.now = T0 + 3 * DAY
    scene.fires()
    assert set(scene.kept()) == {"stale"}
    scene.fires(onset=scene.now - HOUR, series="entity:US:C")
    assert len(scene.told()) == 2


def test_a_rule_that_is_gone_still_resolves_its_alert(scene: Scene) -> None:
    alert = change(scene.rules)
    scene.decided(alert)
    resolved = change(scene.rules, state="resolved", decided_at=T0 + HOUR)
    scene.rules = rules_of(ROUTED, "rules: []\n")
    scene.decided(resolved)
    assert scene.told() == [("firing", "team"), ("resolved", "team")]


def test_withheld_notifications_can_be_sent_again_by_hand(scene: Scene) -> None:
    scene.decided(change(scene.rules), notify=False)
    with scene.store.write() as connection:
        assert outbox.replay(connection, "main", "withheld", None, NOW) == 1
        with pytest.raises(ConfigError, match="no notification to send again"):
            outbox.replay(connection, "main", "withheld", None, NOW)
        with pytest.raises(ConfigError, match="at least 8 characters"):
            outbox.replay(connection, "main", "%", None, NOW)
    assert scene.told() == [("firing", "team")]


def test_ids_of_notifications_tell_what_and_not_when() -> None:
    one = outbox.notification_id("main", "a", "firing", "high")
    assert one == outbox.notification_id("main", "a", "firing", "high")
    others = [
        ("desk", "a", "firing", "high"),
        ("main", "b", "firing", "high"),
        ("main", "a", "resolved", "high"),
        ("main", "a", "firing", "critical"),
    ]
    assert len({one, *(outbox.notification_id(*parts) for parts in others)}) == 5


IMMEDIATE = """
immediate:
  - {name: bank, entities: ["US:JPM"], min_probability: 0.8}
"""


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        ([("a", 0), ("b", 56_000)], 1),
        ([("b", 56_000), ("a", 0)], 1),  # a batch that does not come in the order of time
        ([("a", 0), ("b", 2 * HOUR)], 2),
        ([("a", 0), ("a", 2 * HOUR)], 1),  # a second revision of one article
        ([("a", 0), ("a", 2 * DAY)], 2),
    ],
)
def test_further_reports_of_one_piece_of_news_are_told_once(
    sqlite_store: Store, told: list[tuple[str, int]], heard: int
) -> None:
    scene = Scene(sqlite_store, ROUTED + IMMEDIATE)
    for number, (article, after) in enumerate(told):
        one = change(scene.rules, series="entity:US:JPM", onset=T0 + after)
        at = iso(T0 + after)
        line = replace(
            one.line, id=f"{number:032x}", rule="bank", article_ids=[article], onset=at, decided_at=at
        )
        scene.decided(Change(line, one.pack, ""))
    assert len([row for row in rows(sqlite_store) if row.status == "pending"]) == heard
