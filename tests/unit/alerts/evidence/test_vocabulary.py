"""Names of series and spans in both languages."""

from __future__ import annotations

import pytest

from alerts.evidence.vocabulary import METRIC, SEVERITY, TOPIC, pick, series_name, span_words
from alerts.records import SEVERITIES
from core.records import TOPICS
from core.times import HOUR, MINUTE


@pytest.mark.parametrize(
    ("series", "en", "zh"),
    [
        ("all", "all news", "全部新闻"),
        ("topic:energy", "energy", "能源"),
        ("source:fed", "source fed", "来源 fed"),
        ("outage:fed", "source fed", "来源 fed"),
    ],
)
def test_a_series_has_a_name_in_both_languages(series: str, en: str, zh: str) -> None:
    assert (series_name(series, "en"), series_name(series, "zh")) == (en, zh)


def test_a_company_is_named_before_its_id() -> None:
    assert series_name("entity:US:JPM", "en", "JPMorgan Chase") == "JPMorgan Chase (US:JPM)"


def test_all_topics_and_severities_have_words() -> None:
    assert set(TOPICS) <= set(TOPIC) and set(SEVERITIES) == set(SEVERITY)
    assert pick(METRIC, "unknown", "zh") == "unknown"


def test_spans() -> None:
    assert (span_words(HOUR, "en"), span_words(90 * MINUTE, "en"), span_words(HOUR, "zh")) == (
        "1 h", "90 min", "1 小时",
    )  # fmt: skip
