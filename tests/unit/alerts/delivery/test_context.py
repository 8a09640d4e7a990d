"""What was notified already of the same news."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.store import Store
from core.times import DAY, HOUR, iso
from tests.support.alertrows import Change, change, rows
from tests.support.records import T0
from tests.support.scene import ROUTED, Scene

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
