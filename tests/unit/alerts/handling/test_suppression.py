"""Whether anybody hears of an alert: the decision as a table; larger alerts and incidents."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.handling.suppression import SuppressionFacts, SuppressionReason, decide
from core.store import Store
from core.times import HOUR, MINUTE
from tests.support.alertrows import RULES, change, rules_of
from tests.support.records import T0
from tests.support.scene import ROUTED, Scene


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, None),
        ({"notify": False, "silence": "s"}, SuppressionReason.REPLAY),
        ({"stale": True, "silence": "s"}, SuppressionReason.STALE),
        ({"closed_by": "anna", "silence": "s"}, SuppressionReason.CLOSED),
        ({"disposition": "false"}, SuppressionReason.DISPOSED),
        ({"disposition": "duplicate"}, SuppressionReason.DISPOSED),
        ({"disposition": "true"}, None),
        ({"silence": "s", "maintenance": "m"}, SuppressionReason.SILENCED),
        ({"maintenance": "m", "inhibited_by": "a"}, SuppressionReason.MAINTENANCE),
        ({"inhibited_by": "a", "notified_in_incident": "critical"}, SuppressionReason.INHIBITED),
        ({"notified_in_incident": "high"}, SuppressionReason.FOLDED),
        ({"notified_in_incident": "critical"}, SuppressionReason.FOLDED),
        ({"notified_in_incident": "medium"}, None),
        ({"event": "resolved", "was_notified": True, "silence": "s"}, None),
        ({"event": "resolved", "was_notified": True, "closed_by": "anna"}, None),
        ({"event": "resolved", "was_notified": False}, SuppressionReason.UNHEARD),
        ({"event": "resolved", "notify": False}, SuppressionReason.REPLAY),
    ],
)
def test_whether_anybody_hears_is_a_pure_decision_with_its_reason(
    facts: dict[str, Any], reason: SuppressionReason | None
) -> None:
    found = decide(SuppressionFacts(**{"event": "firing", "severity": "high", "incident": "i", **facts}))
    assert (found[0] if found else None) == reason


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
