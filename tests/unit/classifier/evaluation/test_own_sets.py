"""The texts of our own: enough of each kind in both languages, none from the training grammar or the probe."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from classifier.evaluation import own_sets
from classifier.reading.normal import normal
from classifier.training.polarity import lexicon
from classifier.training.polarity.excluded import is_excluded

SENTIMENTS = {"negative", "neutral", "positive"}


def test_every_set_is_large_enough_in_both_languages_and_holds_no_text_twice() -> None:
    least = {"polarity": (400, 190), "roles": (80, 40), "not_finance": (300, 150), "long_negative": (60, 30)}
    for name, (all_, each) in least.items():
        rows = own_sets.load(name)
        languages = Counter(r.language for r in rows)
        assert len(rows) >= all_ and min(languages["en"], languages["zh"]) >= each
        assert len({r.text for r in rows}) == len({r.id for r in rows}) == len(rows)
        assert all(set(r.sentiments) <= SENTIMENTS for r in rows)


def test_polarity_reports_each_kind_in_both_directions() -> None:
    counted = Counter((r.language, r.kind, r.sentiments[0]) for r in own_sets.load("polarity"))
    for language in ("en", "zh"):
        for kind in ("more", "less", "ended", "denied", "figures", "degree"):
            assert min(counted[language, kind, s] for s in ("positive", "negative")) >= 8, (language, kind)
        assert counted[language, "same", "neutral"] >= 10


def test_both_companies_of_a_text_are_named_in_it_and_have_an_answer() -> None:
    for row in own_sets.load("roles"):
        assert len(row.companies) == 2
        for name, answers in row.companies.items():
            assert name in row.text and set(answers) <= SENTIMENTS


def test_long_texts_are_long_and_the_bad_news_stands_in_their_second_half() -> None:
    for row in own_sets.load("long_negative"):
        assert len(row.text) > (600 if row.language == "en" else 200)


def test_things_and_verbs_of_the_training_grammar_are_not_in_the_polarity_texts() -> None:
    for language in ("en", "zh"):
        words = {t.name for t in lexicon.things(language, "train")}
        words |= {lexicon.bare(t) for h in lexicon.happenings(language, "train") for t in h.things}
        for direction in ("more", "less", "raise", "cut"):
            for verb in lexicon.verbs(language, "train", direction):
                words |= {verb.base, verb.present, verb.past, verb.ing}
        for row in own_sets.load("polarity"):
            if row.language == language:
                text = normal(row.text).lower()
                hits = [w for w in words if _within(w.lower(), text, language)]
                assert not hits, (row.id, hits)


def _within(word: str, text: str, language: str) -> bool:
    return bool(re.search(rf"\b{re.escape(word)}\b", text)) if language == "en" else word in text


def test_the_grammar_can_make_none_of_them() -> None:
    for name in own_sets.NAMES:
        assert all(is_excluded(row.text) for row in own_sets.load(name))


@pytest.mark.shared
@pytest.mark.skipif(not own_sets.PROBE.is_dir(), reason="no probe")
def test_none_is_the_probes() -> None:
    ours = {normal(row.text).lower() for name in own_sets.NAMES for row in own_sets.load(name)}
    for file in own_sets.PROBE.glob("*.jsonl"):
        assert not ours & {normal(row.text).lower() for row in own_sets.read(file)}


def test_a_file_is_read_with_one_answer_several_or_none(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    row = {
        "id": "1", "text": "A", "lang": "en", "category": "c", "sentiment": ["positive", "neutral"], "topic": "energy",
        "companies": {"US:A": "negative", "US:B": None},
    }  # fmt: skip
    file.write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    assert own_sets.read(file) == [
        own_sets.EvaluationText(
            "1", "A", "en", "c", ("positive", "neutral"), ("energy",), {"US:A": ("negative",)}
        )
    ]
