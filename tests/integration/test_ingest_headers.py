"""Headers and tokens are told to the source's own host only."""

from __future__ import annotations

import json

import pytest

from ingest.sources.api.settings import JsonApiSettings
from ingest.sources.api.source import JsonApiSource
from ingest.sources.field_paths import FieldPaths
from tests.support.polls import Desk, html, page
from tests.support.wild import Wild, ok


def test_headers_of_a_page_source_are_told_to_its_own_host_only(wild: Wild) -> None:
    other = Wild()
    other.answer("/robots.txt", ok(b""))
    other.answer("/art/1", ok(html("Elsewhere")))
    wild.answer("/art/2", ok(html("Here")))
    desk = page(wild, other.url("/art/1"), "/art/2", headers={"X-Api-Key": "secret"})
    assert {article.title for article in desk.poll()} == {"Elsewhere", "Here"}
    assert not any("secret" in line for line in other.asked)
    assert sum("secret" in line for line in wild.asked) == 2
    other.listener.close()


def test_a_token_is_not_told_to_the_host_of_an_apis_next_page(
    wild: Wild, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Wild()
    other.answer("/robots.txt", ok(b""))
    other.answer("/next", ok(json.dumps({"items": [{"id": "2", "title": "Two"}]}).encode()))
    first = {"items": [{"id": "1", "title": "One"}], "next": other.url("/next")}
    wild.answer("/api", ok(json.dumps(first).encode()))
    monkeypatch.setenv("VENDOR", "secret")
    spec = JsonApiSettings(
        name="s", kind="api", url=wild.url("/api"), items="items", fields=FieldPaths(id="id", title="title"),
        token_env="VENDOR", next_path="next", headers={"X-Api-Key": "secret"},
    )  # fmt: skip
    assert [article.title for article in Desk(JsonApiSource(spec)).poll()] == ["One", "Two"]
    assert not any("secret" in line for line in other.asked)
    assert wild.asked[-1].count("secret") == 2
    other.listener.close()
