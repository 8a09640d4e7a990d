"""Metrics against figures worked out by hand, and against scikit-learn where it is installed."""

import numpy as np
import pytest

from classifier.evaluation import metrics

TRUTH = np.array([0, 0, 1, 1, 2, 2, 2, 2])
GUESS = np.array([0, 1, 1, 1, 2, 2, 0, 2])


def test_confusion_has_the_truth_in_rows() -> None:
    assert metrics.confusion(TRUTH, GUESS, 3).tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 3]]


def test_f1_agrees_with_scikit_learn() -> None:
    sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    assert metrics.macro_f1(TRUTH, GUESS, 3) == pytest.approx(sk.f1_score(TRUTH, GUESS, average="macro"))
    assert metrics.weighted_f1(TRUTH, GUESS, 3) == pytest.approx(
        sk.f1_score(TRUTH, GUESS, average="weighted")
    )
    many, chosen = np.eye(3, dtype=bool)[TRUTH], np.eye(3, dtype=bool)[GUESS]
    assert metrics.micro_f1(many, chosen) == pytest.approx(sk.f1_score(many, chosen, average="micro"))


def test_a_class_absent_from_the_truth_does_not_weigh_on_macro_f1() -> None:
    assert metrics.macro_f1(np.array([0, 2]), np.array([0, 2]), 3) == 1.0


def test_calibration_error_of_the_overconfident() -> None:
    correct = np.array([True, False, True, False])
    assert metrics.ece(correct, np.full(4, 1.0)) == pytest.approx(0.5)
    assert metrics.ece(correct, np.full(4, 0.5)) == pytest.approx(0.0)


def test_answering_only_the_confident_lowers_the_risk() -> None:
    correct = np.array([1, 1, 1, 0, 0] * 20, bool)
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5] * 20)
    curve = metrics.risk_coverage(correct, confidence)
    assert curve[-1] == (1.0, pytest.approx(0.4))
    assert dict(curve)[0.6] == 0.0
