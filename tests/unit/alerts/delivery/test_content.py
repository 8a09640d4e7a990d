"""The content of a notification as data."""

from __future__ import annotations

import msgspec
import pytest

from alerts.delivery import content
from alerts.delivery.content import Content
from tests.support.alertrows import change, rules_of


def test_it_is_stored_and_read_back_unchanged() -> None:
    made = Content(event="firing", desk="main", folded=[{"event": "firing"}], facts=[("Rule", "r")])
    assert content.from_json(content.to_json(made)) == made
    assert content.plain(made)["event"] == "firing"
    with pytest.raises(msgspec.DecodeError):
        content.from_json("{}")


def test_without_a_pack_there_is_the_line_alone() -> None:
    line = change(rules_of("")).line
    made = content.of("main", "firing", line, b"", "inc")
    assert (made.alert, made.series, made.severity, made.incident) == (
        line.id,
        line.series,
        line.severity,
        "inc",
    )
    assert not made.sentence and not made.headlines and not made.evidence_hash
