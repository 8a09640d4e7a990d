"""Series' names follow from an article; odd topics, companies, languages and sources cannot break one."""

from __future__ import annotations

import msgspec

from alerts.testing import START, scored
from alerts.windows.naming import names
from core.records import Mention


def changed(**fields):
    return msgspec.structs.replace(scored(1, START), **fields)


def test_unknown_topics_and_malformed_entities_make_no_series():
    wild = changed(
        topics={"energy": 9_000, "no such topic": 9_000, "evil/topic:x": 9_000},
        mentions=(
            Mention("US:A", relevance=9_000),
            Mention("US:A@zh", relevance=9_000),
            Mention("../../etc", relevance=9_000),
            Mention("US:B", relevance=10),
        ),
    )
    assert {series for series, _ in names(wild)} == {
        "all",
        "all@en",
        "topic:energy",
        "topic:energy@en",
        "entity:US:A",
        "entity:US:A@en",
        "source:wire",
    }


def test_language_and_source_from_the_world_cannot_break_a_name():
    article = msgspec.structs.replace(scored(1, START).article, source="a b@c\n" + "x" * 500)
    odd = changed(article=article, language="e\nn; DROP TABLE")
    found = [series for series, _ in names(odd)]
    assert all(len(name) <= 160 and not set(name) & set(" \n@") for name in found)


def test_company_by_topic_exists_for_watched_companies_and_where_asked():
    article = changed(mentions=(Mention("US:A", relevance=9_000), Mention("US:B", relevance=9_000)))
    combined = {series for series, _ in names(article, {"US:A"}) if "/" in series}
    assert combined == {"entity:US:A/topic:energy", "entity:US:A/topic:energy@en"}
    asked = names(article, (), lambda series: series.startswith("entity:US:B"))
    assert {series for series, _ in asked if "/" in series and "@" not in series} == {
        "entity:US:B/topic:energy"
    }
