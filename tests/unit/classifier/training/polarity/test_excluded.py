"""Digests of evaluation texts: spacing, case and a final full stop make no other text."""

from classifier.evaluation import own_sets
from classifier.training.polarity.excluded import digest, is_excluded


def test_texts_that_differ_in_form_only_have_one_digest() -> None:
    assert digest("Takings Climb.") == digest("takings  climb") != digest("takings slide")


def test_an_evaluation_text_is_excluded_and_another_is_not() -> None:
    assert is_excluded(own_sets.load("polarity")[0].text + ".")
    assert not is_excluded("Nobody has written this for evaluation")
