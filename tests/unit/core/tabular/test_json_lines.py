"""JSON of lines: everything that Python's own parser takes, exactly where that is asked for."""

from __future__ import annotations

import math

import pytest

from core.tabular.json_lines import parse_json

BIG = "123456789012345678901234567890"


def test_what_the_fast_parser_refuses_is_read_all_the_same() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    assert math.isnan(parse_json("NaN"))
    assert parse_json(rb'"\ud800"') == "\ud800"


def test_large_integers_are_exact_only_where_that_is_asked_for() -> None:
    assert parse_json(BIG, exact=True) == int(BIG)
    assert parse_json(BIG) == float(BIG)


@pytest.mark.parametrize("exact", [True, False])
def test_what_is_no_json_is_an_error(exact: bool) -> None:
    with pytest.raises(ValueError, match="line 1 column 2"):
        parse_json("{a}", exact=exact)
