"""Recorded scored articles are read in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from alerts.testing import START, scored
from backtest import history
from core.errors import ConfigError
from core.records import ScoredArticle
from core.times import MINUTE


def news(count: int = 60) -> list[ScoredArticle]:
    """An hour in which things turn bad."""
    return [
        scored(n, START + n * MINUTE + n % 7, negative=9_000 if 25 <= n < 45 else 500, entities=["US:JPM"])
        for n in range(count)
    ]


def test_a_file_is_read_in_order_of_time_and_a_bad_line_is_named(tmp_path: Path) -> None:
    records = news(10)
    file = tmp_path / "scored.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in reversed(records)))
    assert list(history.of_file(file)) == records
    file.write_bytes(file.read_bytes() + b'{"article": 3}\n')

    def read() -> Iterator[ScoredArticle]:
        yield from history.of_file(file)

    with pytest.raises(ConfigError, match=r"scored.jsonl:11: not a scored article"):
        list(read())
