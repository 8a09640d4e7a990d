"""The parts of a series' name."""

from __future__ import annotations

import pytest

from alerts.windows.series import base_of, entity_of, language_of, topic_of


@pytest.mark.parametrize(
    ("series", "base", "entity", "topic", "language"),
    [
        ("all", "all", "", "", ""),
        ("all@zh", "all", "", "", "zh"),
        ("topic:energy@en", "topic:energy", "", "energy", "en"),
        ("entity:US:AAPL", "entity:US:AAPL", "US:AAPL", "", ""),
        ("entity:US:AAPL/topic:energy@en", "entity:US:AAPL", "US:AAPL", "energy", "en"),
        ("source:topic", "source:topic", "", "", ""),
    ],
)
def test_parts_of_a_name(series: str, base: str, entity: str, topic: str, language: str) -> None:
    assert (base_of(series), entity_of(series)) == (base, entity)
    assert (topic_of(series), language_of(series)) == (topic, language)
