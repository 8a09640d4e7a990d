"""The reviewed table: complete, and only in words that the taxonomy knows."""

from pathlib import Path

import pandas as pd
import pytest

from classifier.labels import FINESE, FINNL, MAPPINGS, REUTERS, TWITTER_LABELS, TWITTER_TOPICS
from classifier.taxonomy import TOPIC_NAMES, TOPICS
from core.records import TOPICS as WIRE_TOPICS


def test_the_wire_and_the_model_name_the_same_topics_in_the_same_order() -> None:
    assert WIRE_TOPICS == TOPIC_NAMES
    assert len(TOPIC_NAMES) == 19
    assert all(sentence.endswith(".") for sentence in TOPICS.values())


@pytest.mark.parametrize("name", list(MAPPINGS))
def test_a_table_speaks_only_of_known_topics(name: str) -> None:
    mapping = MAPPINGS[name]
    for label, (yes, unsure) in mapping.table.items():
        assert set(yes) | set(unsure) | set(mapping.covers) <= set(TOPIC_NAMES), label


def test_every_topic_is_asserted_by_some_set_in_the_table_or_by_a_weak_rule() -> None:
    from classifier.data.weak import EN_RULES, ZH_RULES

    asserted = {t for m in MAPPINGS.values() for yes, _ in m.table.values() for t in yes}
    assert asserted | set(EN_RULES) | set(ZH_RULES) == set(TOPIC_NAMES)


def test_one_label_asserts_denies_and_leaves_open() -> None:
    target = dict(zip(TOPIC_NAMES, TWITTER_TOPICS.target(["Stock Movement"]), strict=True))
    assert target["equities_market"] == 1
    assert target["earnings"] == -1  # a move may well be about earnings
    assert target["politics_geopolitics"] == 0
    assert target["crypto"] == -1  # the set has no such label, so it cannot deny


def test_a_label_that_says_nothing_of_topics_does_not_deny_general() -> None:
    target = dict(zip(TOPIC_NAMES, FINNL.target(["中国"]), strict=True))
    assert target["general"] == -1


def test_a_new_label_must_be_reviewed() -> None:
    with pytest.raises(KeyError):
        FINNL.target(["体育"])


def test_the_tables_hold_every_label_of_the_data(shared_data: Path) -> None:
    twitter = pd.read_parquet(shared_data / "topics/en_twitter.parquet").label
    assert set(twitter) == set(TWITTER_LABELS)
    finnl = pd.read_parquet(shared_data / "topics/zh_finnl.parquet").labels.explode()
    assert set(finnl) == set(FINNL.table)
    assert set(pd.read_parquet(shared_data / "subjects/zh_finese.parquet").event_type) == set(FINESE.table)
    reuters = pd.read_parquet(shared_data / "replay/en_reuters_1987.parquet").topics.explode().dropna()
    missing = set(reuters) - set(REUTERS.table)
    assert missing <= {"lei", "hk"} or not missing


def test_the_docs_show_every_topic_sentence_and_every_label_of_the_topic_sets() -> None:
    text = (Path(__file__).parents[3] / "docs/labels.md").read_text(encoding="utf-8").replace("\\|", "|")
    for topic, sentence in TOPICS.items():
        assert f"| {topic} | {sentence} |" in text
    for label in [*TWITTER_LABELS, *FINNL.table]:
        assert label in text
