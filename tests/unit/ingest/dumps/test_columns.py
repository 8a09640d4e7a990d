"""Columns are found by name unless told; what lacks is said with the columns found."""

import pytest

from core.errors import ConfigError
from ingest.dumps.columns import map_columns, parse_columns


def test_columns_are_found_by_name_in_any_writing() -> None:
    found = map_columns(["Headline", "Publish-Time", "CONTENT", "link", "Symbol"], {}, "x.csv")
    assert found == {
        "title": "Headline", "published_at": "Publish-Time", "body": "CONTENT", "url": "link", "tickers": "Symbol"
    }  # fmt: skip


def test_told_columns_outrank_names() -> None:
    named_columns = parse_columns("published_at=when, title=what, extra.mood=mood")
    assert map_columns(["date", "when", "what", "mood"], named_columns, "x")["published_at"] == "when"
    assert map_columns(["date", "when", "what", "mood"], named_columns, "x")["extra.mood"] == "mood"


@pytest.mark.parametrize("text", ["published_at", "published_at=", "colour=red", "title=a,title=b"])
def test_wrong_columns_option_is_said(text: str) -> None:
    with pytest.raises(ConfigError, match="--columns"):
        parse_columns(text)


def test_lacking_columns_are_said_with_the_columns_found() -> None:
    with pytest.raises(ConfigError, match=r"published_at.*columns found: a, b"):
        map_columns(["a", "b"], {}, "x.csv")
    with pytest.raises(ConfigError, match=r"no column 'when'.*columns found: date, title"):
        map_columns(["date", "title"], {"published_at": "when"}, "x.csv")
