"""The grammar's texts: the same for a seed, balanced, never the same twice, and without the words held out."""

import json
from collections import Counter
from pathlib import Path

import pytest

from classifier.reading.normal import normal
from classifier.training.polarity import generate, lexicon
from classifier.training.polarity.excluded import is_excluded
from classifier.training.polarity.generate import holds_reserved

PROBE = Path("../shared/data/probe")
LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module", params=LANGUAGES)
def rows(request):
    return generate(request.param, 6000, 1, "train")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("split", ("train", "held_out"))
def test_the_same_arguments_make_the_same_rows(language: str, split: str) -> None:
    first = generate(language, 200, 3, split)
    assert first == generate(language, 200, 3, split)
    assert first != generate(language, 200, 4, split)
    assert all(r.language == language and r.split == split for r in first)


def test_unknown_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="expected en or zh"):
        generate("de", 1, 1)
    with pytest.raises(ValueError, match="held_out"):
        generate("en", 1, 1, "test")


def test_no_text_stands_twice_and_nearly_all_that_were_asked_for_are_made(rows) -> None:
    texts = [r.text for r in rows]
    assert len(set(texts)) == len(texts)
    assert len(texts) > 5900


def test_labels_are_balanced_in_every_kind(rows) -> None:
    for kind in {r.kind for r in rows}:
        labels = Counter(r.label for r in rows if r.kind == kind)
        positive, negative = labels["positive"], labels["negative"]
        assert min(positive, negative) >= 0.35 * (positive + negative), (kind, labels)
    assert Counter(r.label for r in rows)["neutral"] > 0.1 * len(rows)


def test_held_out_words_never_occur_in_the_training_split(rows) -> None:
    language = rows[0].language
    held = {t.name for t in lexicon.things(language, "held_out")}
    assert not held & {t.name for t in lexicon.things(language, "train")}
    assert not any(holds_reserved(r.text, language) for r in rows)
    assert not any(word in r.text.lower() for r in rows for word in held if len(word) > 9)


def test_a_third_of_the_words_is_held_out() -> None:
    for language in LANGUAGES:
        kept, held = ({t.name for t in lexicon.things(language, s)} for s in ("train", "held_out"))
        for h in lexicon.happenings(language, "train"):
            kept |= set(h.things)
        for h in lexicon.happenings(language, "held_out"):
            held |= set(h.things)
        assert len(kept | held) >= 250
        assert 0.28 < len(held) / len(kept | held) < 0.4
        verbs = [
            [len(lexicon.verbs(language, s, d)) for d in ("more", "less", "raise", "cut")]
            for s in ("train", "held_out")
        ]
        assert 0.28 < sum(verbs[1]) / (sum(verbs[0]) + sum(verbs[1])) < 0.45


def test_texts_are_in_normal_form_and_complete(rows) -> None:
    for r in rows:
        assert normal(r.text) == r.text
        assert not any(c in r.text for c in "{}|\ue000\ue001\ue002\ue003")
        assert "  " not in r.text


def test_roles_stand_where_they_say(rows) -> None:
    for r in rows:
        for role in r.roles:
            assert r.text[role.start : role.end] == role.name
    alone = [r for r in rows if len(r.roles) == 1 and r.kind != "roles"]
    assert alone and all(r.roles[0].label == r.label for r in alone)


@pytest.mark.shared
@pytest.mark.skipif(not PROBE.is_dir(), reason="no probe")
def test_no_text_of_the_probe_nor_eight_of_its_words_in_a_row(rows) -> None:
    language = rows[0].language
    glue, size = (" ", 8) if language == "en" else ("", 14)
    whole = {r.text.lower() for r in rows}
    texts = "\n".join(whole)
    for row in probe_rows():
        if row["lang"] != language:
            continue
        assert is_excluded(row["text"]), row["id"]
        text = normal(row["text"]).lower()
        assert text not in whole, row["id"]
        parts = text.split() if language == "en" else list(text)
        runs = [glue.join(parts[i : i + size]) for i in range(len(parts) - size + 1)]
        assert not [run for run in runs if run in texts], row["id"]


def probe_rows() -> list[dict[str, str]]:
    return [
        json.loads(line)
        for file in sorted(PROBE.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


def test_two_companies_have_a_label_each_and_the_text_none_where_they_contradict(rows) -> None:
    pairs = [r for r in rows if r.kind == "roles"]
    assert pairs and all(len(r.roles) == 2 for r in pairs)
    for r in pairs:
        labels = {role.label for role in r.roles}
        assert (r.label is None) == (labels == {"positive", "negative"}), r.text
