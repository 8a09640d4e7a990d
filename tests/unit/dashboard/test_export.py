"""Tables as files."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from dashboard.export import csv_bytes, parquet_bytes


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_a_title_never_becomes_a_formula(text: str) -> None:
    back = pd.read_csv(io.BytesIO(csv_bytes(pd.DataFrame({"title": [text]}))))
    assert back["title"][0] == f"'{text}"


def test_numbers_and_ordinary_texts_stay_as_they_are() -> None:
    table = pd.DataFrame({"title": ["油价下跌 3 %, 专家称"], "net": [-0.5]})
    back = pd.read_csv(io.BytesIO(csv_bytes(table)))
    assert back.to_dict() == table.to_dict()


def test_parquet_gives_back_what_was_shown() -> None:
    table = pd.DataFrame({"title": ["=1+1", "油价"], "net": [0.5, None]})
    assert pd.read_parquet(io.BytesIO(parquet_bytes(table))).equals(table)
