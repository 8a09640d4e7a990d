"""Records that cannot be counted are named; all others pass."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alerts.testing import START, scored
from alerts.windows.record_check import record_fault
from core.records import Mention

RECORD = scored(1, START)


def article(**changed: Any) -> dict[str, Any]:
    return {"article": msgspec.structs.replace(RECORD.article, **changed)}


def test_a_sound_record_has_no_fault() -> None:
    assert record_fault(RECORD) == ""
    rounded = msgspec.structs.replace(RECORD, p_negative=3_334, p_neutral=3_334, p_positive=3_334)
    assert record_fault(rounded) == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"p_negative": -1}, "are not shares"),
        ({"p_negative": 9_000, "p_neutral": 9_000}, "are not shares"),
        ({"mentions": (Mention("US:A", 9_000, 9_000, 9_000, 9_000),)}, "are not shares"),
        (article(id=""), "is empty"),
        (article(origin="o" * 81), "is too long"),
        (article(available_at=-1), "is no time"),
        (article(available_at=1 << 46), "is no time"),
    ],
)
def test_what_is_impossible_is_named(changed: dict[str, Any], said: str) -> None:
    assert said in record_fault(msgspec.structs.replace(RECORD, **changed))
