"""The HTTP API for alerts: who may look, who may act, and what goes into the audit log."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from alerts.api import alerts_router
from core.settings import Settings
from core.store import Store
from core.tables import audit, tokens
from tests.support.alertrows import change, decide, rules_of
from tests.support.records import T0

READ, HANDLE = {"authorization": "Bearer reader"}, {"authorization": "Bearer handler"}


@pytest.fixture
def client(sqlite_store: Store) -> TestClient:
    settings, rules = Settings(), rules_of()
    with sqlite_store.write() as connection:
        for name, scopes in (("reader", "read"), ("handler", "read handle")):
            connection.execute(
                tokens.insert().values(
                    hash=sha256(name.encode()).hexdigest(), name=name, scopes=scopes, rate_per_minute=10_000,
                    created_at=0, revoked=False,
                )
            )  # fmt: skip
    decide(sqlite_store, settings, rules, change(rules), now_ms=T0)
    app = FastAPI()
    app.include_router(alerts_router(settings, sqlite_store))
    return TestClient(app)


@pytest.fixture
def alert() -> str:
    return change(rules_of()).line.id


def test_without_a_token_nobody_looks_and_without_the_scope_nobody_acts(
    client: TestClient, alert: str
) -> None:
    deed = {"action": "acknowledge", "reason": "mine"}
    assert client.get("/v1/alerts").status_code == 401
    assert client.post(f"/v1/alerts/{alert}/handling", json=deed, headers=READ).status_code == 403
    assert client.post("/v1/silences", json={}, headers=READ).status_code in (403, 422)


def test_alerts_are_listed_and_shown_with_their_evidence(client: TestClient, alert: str) -> None:
    (one,) = client.get("/v1/alerts?state=firing&series=JPM", headers=READ).json()
    assert one["id"] == alert and one["severity"] == "high"
    card = client.get(f"/v1/alerts/{alert[:8]}", headers=READ).json()
    assert card["sentence"]["en"].startswith("Negative share of law and regulation for US:JPM 73 %")
    assert len(card["headlines"]) == 2 and card["history"][0]["action"] == "alert.firing"
    pack = client.get(f"/v1/alerts/{alert}/evidence", headers=READ).json()
    assert pack["schema"] == "evidence/1" and pack["hash"] == card["evidence_hash"]


def test_an_alert_is_handled_with_actor_and_reason(
    client: TestClient, alert: str, sqlite_store: Store
) -> None:
    path = f"/v1/alerts/{alert}/handling"
    deed = {"action": "acknowledge", "reason": "on it", "actor": "Anna"}
    assert client.post(path, json=deed, headers=HANDLE).json() == {"id": alert, "action": "acknowledge"}
    assert client.post(path, json=deed, headers=HANDLE).status_code == 409
    assert client.post(path, json={**deed, "reason": ""}, headers=HANDLE).status_code == 422
    assert client.post(path, json={**deed, "action": "dispose"}, headers=HANDLE).status_code == 400
    judged = {"action": "dispose", "disposition": "false", "reason": "old story"}
    assert client.post(path, json=judged, headers=HANDLE).status_code == 200
    (one,) = client.get("/v1/alerts", headers=READ).json()
    assert (
        one["acknowledged"]
        and one["acknowledged_by"] == "api:handler for Anna"
        and one["disposition"] == "false"
    )
    with sqlite_store.read() as connection:
        last = connection.execute(audit.select().order_by(audit.c.seq.desc())).first()
    assert last is not None and (last.actor, last.action) == ("api:handler", "alert.dispose")
    assert json.loads(last.detail) == {"disposition": "false", "reason": "old story"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"series": "entity:US:*", "ends_at": "2h", "reason": "maintenance"}, 201),
        ({"severity": ["low", "medium"], "ends_at": "7d", "reason": "too many"}, 201),
        ({"ends_at": "2h", "reason": "everything"}, 400),
        ({"series": "nonsense", "ends_at": "2h", "reason": "bad glob"}, 400),
        ({"rule": "x", "ends_at": "whenever", "reason": "bad time"}, 400),
        ({"rule": "x", "ends_at": "-2h", "reason": "over already"}, 400),
        ({"rule": "x", "ends_at": "2h", "reason": ""}, 422),
    ],
)
def test_silences_are_added_checked_and_ended(client: TestClient, body: dict[str, Any], status: int) -> None:
    answer = client.post("/v1/silences", json=body, headers=HANDLE)
    assert answer.status_code == status, answer.text
    listed = client.get("/v1/silences", headers=READ).json()
    assert len(listed) == (status == 201)
    if listed:
        assert client.delete(f"/v1/silences/{listed[0]['id']}", headers=HANDLE).status_code == 200
        assert client.get("/v1/silences", headers=READ).json()[0]["expired"]


def test_what_is_not_there_is_404_in_words(client: TestClient) -> None:
    for path in ("/v1/alerts/ffffffffffff", "/v1/alerts/ffffffffffff/evidence"):
        answer = client.get(path, headers=READ)
        assert answer.status_code == 404 and "no alert" in answer.json()["detail"]
    assert client.post("/v1/notifications/msg_00000000/replay", headers=HANDLE).status_code == 404
    assert client.get("/v1/alerts?since=yesterday", headers=READ).status_code == 400
