"""The HTTP API from a client's side: tokens, push, series, health."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from alerts.windows.observations import Observation
from alerts.windows.panes import pane_row
from alerts.windows.rolling import measure
from core.settings import Settings, load_settings
from core.store import open_store
from core.tables import panes, stages
from newsquake.server import create_app
from tests.unit.newsquake.test_cli import run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(None, {"store": {"url": f"sqlite:///{tmp_path / 'a.db'}"}}, {})


@pytest.fixture
def client(settings: Settings) -> TestClient:
    return TestClient(create_app(settings))


def token(settings: Settings, *scopes: str, rate: int = 600) -> dict[str, str]:
    arguments = [part for scope in scopes for part in ("--scope", scope)]
    made = run("tokens", "create", "t", *arguments, "--rate", str(rate), "--store", settings.store.url)
    assert made.returncode == 0, made.stderr
    return {"Authorization": f"Bearer {made.stdout.strip()}"}


def test_nothing_is_told_without_a_token(client: TestClient) -> None:
    assert client.get("/v1/series/all").status_code == 401
    assert client.get("/metrics").status_code == 401
    assert client.post("/v1/articles", json={}).status_code == 401
    assert client.get("/healthz").status_code == 200


def test_a_token_reaches_only_its_scopes_and_its_rate(client: TestClient, settings: Settings) -> None:
    headers = token(settings, "read", rate=2)
    article = {"title": "x", "published_at": "2026-01-01T00:00:00Z"}
    assert client.post("/v1/articles", json=article, headers=headers).status_code == 403
    assert [client.get("/v1/series/all", headers=headers).status_code for _ in range(3)] == [200, 200, 429]


def test_a_series_is_given_as_it_was_decided_and_na_is_not_zero(
    client: TestClient, settings: Settings
) -> None:
    row = {
        "desk": "main",
        "series": "entity:US:AAPL",
        "articles": 3,
        "stories": 2,
        "publishers": 2,
        "negative": 1,
    }
    opened = open_store(settings.store)
    with opened.write() as connection:
        connection.execute(
            panes.insert(),
            [
                {**row, "start": 0, "end": 60_000, "decided": 2, "sentiment_sum": -5_000},
                {**row, "start": 60_000, "end": 120_000, "decided": 0, "sentiment_sum": 0},
            ],
        )
    found = client.get("/v1/series/entity:US:AAPL", headers=token(settings, "read")).json()
    assert [point["sentiment"] for point in found] == [-0.25, None]
    assert found[0]["start"] == "1970-01-01T00:00:00Z"


def test_a_window_of_a_series_is_given_with_its_intervals(client: TestClient, settings: Settings) -> None:
    told = [
        Observation(30_000, f"a{n}", f"s{n}", f"p{n}", "wire", 1, label, 5_000 * label)
        for n, label in enumerate((-1, -1, 1, 1, 1))
    ]
    opened = open_store(settings.store)
    with opened.write() as connection:
        connection.execute(panes.insert(), pane_row("main", measure("all", 0, 60_000, told), told))
    headers = token(settings, "read")
    found = client.get("/v1/series/all?window=3h", headers=headers).json()
    assert (found["start"], found["end"]) == ("1969-12-31T21:01:00Z", "1970-01-01T00:01:00Z")
    assert found["figures"]["net_sentiment"]["value"] == 0.2 and found["figures"]["stories"]["high"] > 11
    assert found["figures"]["momentum"] == {"value": None, "low": None, "high": None, "n": 0}
    unknown = client.get("/v1/series/nothing?window=3h", headers=headers)
    assert unknown.status_code == 404 and "knows no series 'nothing'" in unknown.json()["detail"]
    assert client.get("/v1/series/all?window=soon", headers=headers).status_code == 422


def test_pushed_articles_are_taken_or_refused_line_by_line(client: TestClient, settings: Settings) -> None:
    lines = b'{"title": "Bank fails", "published_at": "2026-01-01T00:00:00Z"}\n{"title": 3}\n'
    headers = {**token(settings, "push"), "Content-Type": "application/x-ndjson"}
    answer = client.post("/v1/articles", content=lines, headers=headers)
    assert answer.status_code == 202
    assert [one["line"] for one in answer.json()["taken"]] == [1]
    assert [one["line"] for one in answer.json()["refused"]] == [2]


def test_readiness_says_which_stage_has_gone_silent(client: TestClient, settings: Settings) -> None:
    opened = open_store(settings.store)
    with opened.write() as connection:
        now = opened.now_ms(connection)
        rows = [("classifier", now), ("alerts", now - 60_000)]
        for stage, at in rows:
            connection.execute(
                stages.insert().values(stage=stage, instance="a", status="running", updated_at=at)
            )
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["stages"] == {"classifier": "running", "alerts": "silent"}


def test_half_a_surrogate_pair_in_a_body_is_refused_and_no_fault_of_ours(settings: Settings) -> None:
    client = TestClient(create_app(settings), raise_server_exceptions=False)
    headers = token(settings, "handle") | {"content-type": "application/json"}
    body = rb'{"rule": "a", "ends_at": "2h", "reason": "because \ud800"}'
    sent = client.post("/v1/silences", content=body, headers=headers)
    assert sent.status_code == 422 and sent.json()["detail"][0]["loc"] == ["body", "reason"]
