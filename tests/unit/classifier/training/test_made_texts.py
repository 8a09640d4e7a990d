"""Rows of the polarity grammar as examples."""

from classifier.data.corpus import NONE
from classifier.taxonomy import TOPIC_NAMES
from classifier.training import made_texts


def test_examples_carry_side_label_and_mentions() -> None:
    found = made_texts.make(200, 3)
    assert {e.language for e in found} == {"en", "zh"}
    assert {(e.set, e.side) for e in found} == {(made_texts.NAME, "train")}
    assert {e.sentiment for e in found} <= {NONE, 0, 1, 2}
    spanned = [e for e in found if len(e.spans) == 1 and e.sentiment != NONE]
    assert spanned
    assert all(e.spans[0][2] == e.sentiment for e in spanned)
    everyday = [e for e in found if e.stratum == "everyday"]
    assert everyday
    assert all(
        dict(zip(TOPIC_NAMES, e.topics, strict=True))["general"] == sum(e.topics) == 1 for e in everyday
    )
    assert all(set(e.topics) == {-1} for e in found if e.stratum != "everyday")
    assert [e.text for e in found] == [e.text for e in made_texts.make(200, 3)]


def test_held_out_words_are_for_dev() -> None:
    held_out, train = made_texts.make(100, 3, "held_out"), made_texts.make(100, 3)
    assert {(e.set, e.side) for e in held_out} == {(made_texts.HELD_OUT, "dev")}
    assert not {e.text for e in held_out} & {e.text for e in train}
