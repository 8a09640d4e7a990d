"""A backtest decides what the live desk decides, from the past only."""

from __future__ import annotations

import random

import pytest

from alerts.testing import START, drive, end_marker, rule_set, scored, share_runners
from alerts.testing import desk_of as fresh_desk
from alerts.testing import lines as lines_of
from backtest.run import run
from core.errors import LookAhead
from core.records import ScoredArticle
from core.times import MINUTE


def news(count: int = 60) -> list[ScoredArticle]:
    """An hour in which things turn bad."""
    return [
        scored(n, START + n * MINUTE + n % 7, negative=9_000 if 25 <= n < 45 else 500, entities=["US:JPM"])
        for n in range(count)
    ]


def decided(records: list[ScoredArticle]) -> bytes:
    result = run(iter(records), rule_set(), pane_ms=MINUTE, lateness_ms=MINUTE, make_runners=share_runners)
    return b"".join(result.jsonl())


def test_a_backtest_gives_the_bytes_that_a_desk_gives_that_was_fed_in_another_order() -> None:
    records = news()
    shuffled = [
        record
        for start in range(0, 60, 6)
        for record in random.Random(3).sample(records[start : start + 6], 6)
    ]
    end = records[-1].article.available_at // MINUTE * MINUTE + 2 * MINUTE
    live = lines_of(
        drive(fresh_desk(rule_set(), lateness_ms=MINUTE), [*shuffled, end_marker(end)], chunk=1000)
    )
    assert live and decided(records) == live


def test_reading_ahead_of_time_ends_the_run() -> None:
    records = news()
    with pytest.raises(LookAhead, match="not in order"):
        decided([records[5], records[4]])


def test_what_comes_later_changes_nothing_that_was_decided_before() -> None:
    records = news()
    whole, half = decided(records).splitlines(), decided(records[:40]).splitlines()
    assert half and whole[: len(half)] == half


def test_a_repeat_counts_once() -> None:
    records = news()
    doubled = sorted([*records, *records[10:20]], key=lambda one: one.article.available_at)
    assert decided(doubled) == decided(records)
