"""POST /v1/articles: what is taken is on disk, what is refused says why, and the same thing twice is once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from core.bus.memory import MemoryBus
from core.clock import ManualClock
from core.records import Article, decode
from core.settings import load_settings
from core.stage import Stage
from core.store import Store, insert_absent, open_store, upsert
from core.tables import cursors, origins, pending, tokens
from ingest.live.publisher import ArticlePublisher
from ingest.push.request import MAX_BYTES
from ingest.push.router import push_router

NOW = 1_700_000_000_000


class Api:
    def __init__(self, folder: Path) -> None:
        self.settings = load_settings(
            None,
            {
                "store": {"url": f"sqlite:///{folder}/s.db"},
                "ingest": {
                    "sources": [
                        {"name": "wire", "kind": "push", "publisher": "wire.example", "language": "zh"}
                    ]
                },
            },
            environ={},
        )
        self.store: Store = open_store(self.settings.store)
        self.token("good", "push read")
        self.token("reader", "read")
        self.token("slow", "push", rate=3)
        app = FastAPI()
        app.include_router(push_router(self.settings, self.store, ManualClock(NOW)))
        self.client = TestClient(app)

    def token(self, name: str, scopes: str, rate: int = 600, revoked: bool = False) -> None:
        row = {
            "hash": hashlib.sha256(name.encode()).hexdigest(), "name": name, "scopes": scopes, "rate_per_minute": rate,
            "created_at": 0, "revoked": revoked,
        }  # fmt: skip
        with self.store.write() as connection:
            upsert(connection, tokens, [row])

    def post(self, body: Any, token: str = "good", kind: str = "application/json") -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": kind, **({"authorization": f"Bearer {token}"} if token else {})}
        return self.client.post("/v1/articles", content=data, headers=headers)

    def count(self, table: Any) -> int:
        with self.store.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    def read(self) -> int:
        with self.store.read() as connection:
            return int(connection.execute(select(func.coalesce(func.sum(cursors.c.read), 0))).scalar_one())


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    yield Api(tmp_path)


ARTICLE = {"id": "1", "title": "Bank fails", "body": "It was run on.", "published_at": "2023-11-14T22:00:00Z"}


def test_article_is_taken_and_on_disk(api: Api) -> None:
    answer = api.post({**ARTICLE, "source": "wire"})
    assert answer.status_code == 202
    [taken] = answer.json()["taken"]
    assert taken["repeated"] is False
    with api.store.read() as connection:
        article = msgspec.json.decode(
            connection.execute(select(pending.c.article)).scalar_one(), type=Article
        )
    assert (article.source, article.publisher, article.title) == ("wire", "wire.example", "Bank fails")
    assert article.published_at == 1_699_999_200_000
    assert api.read() == 1


def test_same_article_again_is_taken_once(api: Api) -> None:
    first, second = api.post(ARTICLE), api.post(ARTICLE)
    assert [answer.json()["taken"][0]["repeated"] for answer in (first, second)] == [False, True]
    assert first.json()["taken"][0]["id"] == second.json()["taken"][0]["id"]
    assert (api.count(pending), api.read()) == (1, 1)


def test_article_settled_long_ago_is_not_taken_again(api: Api) -> None:
    api.post(ARTICLE)
    with api.store.write() as connection:
        origin = connection.execute(select(pending.c.origin)).scalar_one()
        insert_absent(connection, origins, [{"origin": origin, "kind": "article", "source": "good"}])
        connection.execute(pending.delete())
    assert api.post(ARTICLE).json()["taken"][0]["repeated"] is True
    assert (api.count(pending), api.read()) == (0, 1)


def test_new_revision_is_another_article(api: Api) -> None:
    api.post(ARTICLE)
    assert api.post({**ARTICLE, "title": "Bank saved"}).json()["taken"][0]["repeated"] is False
    assert api.count(pending) == 2


def test_bad_lines_spoil_no_other(api: Api) -> None:
    lines = [
        json.dumps(ARTICLE),
        "{broken",
        json.dumps({"id": "2"}),
        json.dumps({"title": 5}),
        json.dumps({**ARTICLE, "id": "9", "source": "nobody"}),
        json.dumps({**ARTICLE, "id": "3", "body": "x" * 1_000_000}),
        json.dumps({**ARTICLE, "id": "4"}),
        json.dumps(ARTICLE),
    ]
    answer = api.post("\n".join(lines).encode(), kind="application/x-ndjson")
    assert answer.status_code == 202
    assert [(taken["line"], taken["repeated"]) for taken in answer.json()["taken"]] == [
        (1, False),
        (7, False),
        (8, True),
    ]
    assert [(line["line"], line["reason"]) for line in answer.json()["refused"]] == [
        (2, "bad_json"), (3, "no_text"), (4, "bad_row"), (5, "unknown_source"), (6, "too_large"),
    ]  # fmt: skip
    assert all(line["detail"] for line in answer.json()["refused"])
    assert api.read() == 2


def test_lines_are_counted_as_they_were_sent_empty_ones_too(api: Api) -> None:
    sent = f"{json.dumps(ARTICLE)}\n\n  \n{{broken\r\n\n"
    answer = api.post(sent.encode(), kind="application/x-ndjson").json()
    assert [one["line"] for one in answer["taken"]] == [1]
    assert [one["line"] for one in answer["refused"]] == [4]


@pytest.mark.parametrize(
    ("token", "status"), [("", 401), ("wrong", 401), ("reader", 403)]
)  # fmt: skip
def test_only_a_token_with_the_scope_may_push(api: Api, token: str, status: int) -> None:
    answer = api.post(ARTICLE, token)
    assert answer.status_code == status
    assert api.count(pending) == 0


def test_revoked_token_is_unknown(api: Api) -> None:
    api.token("gone", "push", revoked=True)
    assert api.post(ARTICLE, "gone").status_code == 401


def test_more_than_the_rate_waits(api: Api) -> None:
    answers = [api.post({**ARTICLE, "id": str(number)}, "slow") for number in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert int(answers[3].headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{broken", "application/json", 422),
        (b"null", "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b'{"title": "Bank fails", "published_at": true}', "application/json", 422),
        (b"x" * (MAX_BYTES + 1), "application/json", 413),
        (b"{}\n" * 5001, "application/x-ndjson", 413),
    ],
)
def test_what_cannot_be_read_is_said(api: Api, body: bytes, kind: str, status: int) -> None:
    answer = api.post(body, kind=kind)
    assert answer.status_code == status
    assert api.count(pending) == 0


@pytest.mark.parametrize("durable", [True, False])
def test_pushed_article_reaches_the_broker_once_and_leaves_the_store_when_safe(
    api: Api, durable: bool
) -> None:
    api.post(
        "\n".join(json.dumps({**ARTICLE, "id": str(n)}) for n in range(5)).encode(),
        kind="application/x-ndjson",
    )
    bus = MemoryBus(durable=durable)
    origins_of = ArticlePublisher(
        api.settings, bus, api.store, Stage("ingest", api.store, ManualClock(NOW + 5000))
    )
    assert origins_of.send_pending() == 5
    assert origins_of.send_pending() == 0
    articles = [decode(record.value, record.schema) for part in bus.logs["news.raw"] for record in part]
    assert len(articles) == 5
    assert {article.available_at for article in articles} == {NOW + 5000}  # type: ignore[union-attr]
    if durable:
        assert api.count(pending) == 0
        return
    assert api.count(pending) == 5, "a memory-only broker may lose them yet"
    bus.wipe()
    again = ArticlePublisher(api.settings, bus, api.store, Stage("ingest", api.store, ManualClock(NOW)))
    assert again.send_pending() == 5
    with api.store.write() as connection:
        rows = [{"origin": a.origin, "kind": "article", "source": a.source} for a in articles]  # type: ignore[union-attr]
        insert_absent(connection, origins, rows)
    assert again.send_pending() == 0
    assert api.count(pending) == 0


def test_its_id_identifies_with_and_without_an_address(api: Api) -> None:
    article = {"id": "42", "title": "Rates up", "body": "The bank raised its rate."}
    first = api.post(article).json()["taken"][0]
    second = api.post({**article, "url": "https://x.org/1"}).json()["taken"][0]
    assert first["id"] == second["id"]
    assert second["repeated"]


def test_further_fields_go_into_extra_and_what_is_ignored_is_said(api: Api) -> None:
    article = {"id": "7", "title": "Rates up", "desk": "fx", "extra": {"mood": 3, "flags": ["x"], "trust": 1}}
    [taken] = api.post(article).json()["taken"]
    assert taken["ignored"] == ["desk", "extra.flags", "extra.trust"]
    with api.store.read() as connection:
        row = connection.execute(select(pending.c.article)).scalar_one()
    assert msgspec.json.decode(row, type=Article).extra == {"mood": 3, "flags": ["published_at_missing"]}
    assert api.post({"id": "8", "title": "Rates up"}).json()["taken"][0]["ignored"] == []
