"""Times as people write them."""

from __future__ import annotations

import pytest

from alerts.interfaces.moments import parse_moment
from core.errors import ConfigError
from core.times import DAY, HOUR, MINUTE, parse_iso

NOW = parse_iso("2026-03-02T12:00:00Z")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2h", NOW + 2 * HOUR),
        ("-7d", NOW - 7 * DAY),
        ("+30m", NOW + 30 * MINUTE),
        ("2026-03-02T10:00:00Z", NOW - 2 * HOUR),
        ("2026-03-02", NOW - 12 * HOUR),
    ],
)
def test_a_time_is_iso_8601_or_a_span_from_now(text: str, at: int) -> None:
    assert parse_moment(text, NOW, "--from") == at


@pytest.mark.parametrize("text", ["soon", "2 hours", "", "9999999d"])
def test_a_time_that_cannot_be_read_names_its_option(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--from .*expected a time"):
        parse_moment(text, NOW, "--from")
