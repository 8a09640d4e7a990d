"""The HTTP API for alerts: who may look, who may act, and what goes into the audit log."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from alerts.handling import actions as handling
from alerts.interfaces.api import alerts_router
from core.errors import ConfigError
from core.settings import Settings
from core.store import Store
from core.tables import alerts, audit, tokens
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
    request = {"action": "acknowledge", "reason": "mine"}
    assert client.get("/v1/alerts").status_code == 401
    assert client.post(f"/v1/alerts/{alert}/handling", json=request, headers=READ).status_code == 403
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
    request = {"action": "acknowledge", "reason": "on it", "actor": "Anna"}
    assert client.post(path, json=request, headers=HANDLE).json() == {"id": alert, "action": "acknowledge"}
    assert client.post(path, json=request, headers=HANDLE).status_code == 409
    assert client.post(path, json={**request, "reason": ""}, headers=HANDLE).status_code == 422
    assert client.post(path, json={**request, "action": "dispose"}, headers=HANDLE).status_code == 400
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


def test_an_alert_is_closed_and_judged_at_once_and_no_judgement_goes_lost(
    client: TestClient, alert: str
) -> None:
    path = f"/v1/alerts/{alert}/handling"
    request = {"reason": "one outlet, told again", "disposition": "false", "actor": "Anna"}
    for action in ("acknowledge", "unacknowledge"):
        refused = client.post(path, json={**request, "action": action}, headers=HANDLE)
        assert refused.status_code == 400 and "disposition" in refused.json()["detail"]
    closed = client.post(path, json={**request, "action": "close"}, headers=HANDLE)
    assert closed.json() == {"id": alert, "action": "close"}
    (one,) = client.get("/v1/alerts", headers=READ).json()
    assert (one["disposition"], one["closed_by"]) == ("false", "api:handler for Anna")
    assert client.get("/v1/alerts?open=true", headers=READ).json() == []
    card = client.get(f"/v1/alerts/{alert}", headers=READ).json()
    assert [entry["action"] for entry in card["history"]][-2:] == ["alert.dispose", "alert.close"]


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
        assert client.get("/v1/silences?open=true", headers=READ).json() == []
        assert client.delete(f"/v1/silences/{listed[0]['id']}", headers=HANDLE).status_code == 404
    assert client.get("/v1/silences?limit=0", headers=READ).status_code == 422


@pytest.mark.parametrize(
    ("reason", "taken"), [("误报", True), ("ok!", True), ("ok", False), (" a  ", False), ("", False)]
)
def test_a_reason_is_asked_for_alike_by_api_and_command_line(
    client: TestClient, sqlite_store: Store, alert: str, reason: str, taken: bool
) -> None:
    request = {"action": "acknowledge", "reason": reason}
    answer = client.post(f"/v1/alerts/{alert}/handling", json=request, headers=HANDLE)
    assert answer.status_code == (200 if taken else 422)
    silence = {"rule": "x", "ends_at": "2h", "reason": reason}
    assert client.post("/v1/silences", json=silence, headers=HANDLE).status_code == (201 if taken else 422)
    with sqlite_store.write() as connection:
        said = {"actor": "anna", "reason": reason, "now_ms": T0}
        if taken:
            handling.unacknowledge(connection, "main", alert, **said)
        else:
            with pytest.raises(ConfigError, match="reason: say in a few words why"):
                handling.acknowledge(connection, "main", alert, **said)


def test_what_is_not_there_is_404_in_words(client: TestClient) -> None:
    for path in ("/v1/alerts/ffffffffffff", "/v1/alerts/ffffffffffff/evidence"):
        answer = client.get(path, headers=READ)
        assert answer.status_code == 404 and "no alert" in answer.json()["detail"]
    assert client.post("/v1/notifications/msg_00000000/replay", headers=HANDLE).status_code == 404
    assert client.get("/v1/alerts?since=yesterday", headers=READ).status_code == 400


def test_a_silence_of_one_alert_names_an_alert_that_there_is(client: TestClient, alert: str) -> None:
    body = {"reason": "known outage", "ends_at": "2h"}
    made = client.post("/v1/silences", json={**body, "alert": alert[:8]}, headers=HANDLE)
    assert made.status_code == 201 and made.json()["matchers"] == {
        "alert": alert
    }  # the whole id: it is compared whole
    for glob in ({"rule": "*a" * 8}, {"series": "entity:" + "*a" * 8}):
        slow = client.post("/v1/silences", json={**body, **glob}, headers=HANDLE)
        assert slow.status_code == 400 and "more than 4 stars" in slow.json()["detail"]
    refused = client.post("/v1/silences", json={**body, "alert": "ffffffffff"}, headers=HANDLE)
    assert refused.status_code == 404 and "no alert" in refused.json()["detail"]


def test_text_that_no_store_takes_is_refused_in_words(client: TestClient, alert: str) -> None:
    odd = "a\x00bc"

    def post(path: str, body: dict[str, str]) -> tuple[int, str]:
        sent = client.post(
            path, content=json.dumps(body), headers={**HANDLE, "content-type": "application/json"}
        )
        return sent.status_code, sent.text

    request = {"action": "acknowledge", "reason": "mine", "actor": "anna"}
    silence = {"rule": "a", "ends_at": "2h", "reason": "known outage", "actor": "anna"}
    for path, body in ((f"/v1/alerts/{alert}/handling", request), ("/v1/silences", silence)):
        for name in set(body) - {"action", "ends_at"}:
            status, text = post(path, {**body, name: odd})
            assert status in (400, 409) and "cannot be kept" in text, (path, name, status, text)


def test_pending_alerts_and_those_of_the_sixties_are_listed_where_asked(
    client: TestClient, alert: str, sqlite_store: Store
) -> None:
    with sqlite_store.write() as connection:
        row = dict(connection.execute(alerts.select().where(alerts.c.id == alert)).one()._mapping)
        connection.execute(alerts.insert().values(**row | {"id": "aa" * 16, "onset": -5 * 365 * 86_400_000}))
        connection.execute(
            alerts.insert().values(**row | {"id": "bb" * 16, "state": "pending", "fired": False})
        )
    listed = [one["id"] for one in client.get("/v1/alerts", headers=READ).json()]
    assert listed == [alert, "aa" * 16]
    waiting = client.get("/v1/alerts?state=pending", headers=READ).json()
    assert [one["id"] for one in waiting] == ["bb" * 16]


UNTIL = {"ends_at": "2h", "reason": "maintenance of the feed"}


def test_a_key_that_is_not_known_is_refused_and_silences_nothing(client: TestClient, alert: str) -> None:
    for body in (
        {"rule": "co-*", "serie": "entity:US:JPM"},
        {"matchers": {"rule": "co-*", "serie": "entity:US:JPM"}},
        {"matchers": {"rule": "co-*"}, "rule": "co-*"},
        {"matchers": 5, "rule": "co-*"},
    ):
        assert client.post("/v1/silences", json={**body, **UNTIL}, headers=HANDLE).status_code == 422, body
    assert client.get("/v1/silences", headers=READ).json() == []
    request = {"action": "acknowledge", "reason": "mine", "dispositon": "true"}
    assert client.post(f"/v1/alerts/{alert}/handling", json=request, headers=HANDLE).status_code == 422


def test_the_matchers_of_a_silence_as_shown_make_the_same_silence(client: TestClient, alert: str) -> None:
    body = {"rule": "co-*", "series": "entity:US:JPM", "severity": ["low", "high"], "alert": alert}
    first = client.post("/v1/silences", json={**body, **UNTIL}, headers=HANDLE).json()
    shown = {"matchers": first["matchers"], "ends_at": first["ends_at"], "reason": first["reason"]}
    again = client.post("/v1/silences", json=shown, headers=HANDLE)
    assert again.status_code == 201 and again.json()["matchers"] == first["matchers"]
