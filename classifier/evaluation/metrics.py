"""Metrics in numpy. Classes are integers 0..k-1; probabilities are (rows, k)."""

import numpy as np


def confusion(truth: np.ndarray, guess: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes, classes): rows are the truth, columns the guess."""
    out = np.zeros((classes, classes), np.int64)
    np.add.at(out, (truth, guess), 1)
    return out


def accuracy(truth: np.ndarray, guess: np.ndarray) -> float:
    """Share of right guesses."""
    return float((truth == guess).mean())


def f1_by_class(matrix: np.ndarray) -> np.ndarray:
    """F1 of each class from a confusion matrix; 0 for a class neither there nor guessed."""
    hit = np.diag(matrix).astype(float)
    total = matrix.sum(0) + matrix.sum(1)
    scores: np.ndarray = np.divide(2 * hit, total, out=np.zeros_like(hit), where=total > 0)
    return scores


def macro_f1(truth: np.ndarray, guess: np.ndarray, classes: int) -> float:
    """Mean F1 over the classes that the truth has.

    >>> macro_f1(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).__round__(3)
    0.667
    """
    matrix = confusion(truth, guess, classes)
    return float(f1_by_class(matrix)[matrix.sum(1) > 0].mean())


def weighted_f1(truth: np.ndarray, guess: np.ndarray, classes: int) -> float:
    """F1 weighted by how often the truth has each class."""
    matrix = confusion(truth, guess, classes)
    return float((f1_by_class(matrix) * matrix.sum(1)).sum() / matrix.sum())


def micro_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    """Of multi-label decisions, boolean (rows, labels)."""
    hit = float((truth & guess).sum())
    return 2 * hit / max(1.0, float(truth.sum() + guess.sum()))


def ece(correct: np.ndarray, confidence: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error: |accuracy - confidence| over equal-width bins, weighted by their size.

    >>> ece(np.array([1, 1, 0, 1]), np.array([.75, .75, .75, .75]))
    0.0
    """
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, correct.astype(float) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(correct))


def ece_by_chance(confidence: np.ndarray, draws: int = 400, seed: int = 1) -> tuple[float, float]:
    """What `ece` gives on so many rows when every confidence is exactly true: (mean, 95 % quantile) of `draws`.

    Binned calibration error is above 0 by the bins' own noise (Nixon et al. 2019, https://arxiv.org/abs/1904.01685), so
    a small set cannot reach a small figure, however well it is calibrated.
    """
    rng = np.random.default_rng(seed)
    found = [ece(rng.random(len(confidence)) < confidence, confidence) for _ in range(draws)]
    return float(np.mean(found)), float(np.quantile(found, 0.95))


def reliability(
    correct: np.ndarray, confidence: np.ndarray, bins: int = 15
) -> list[tuple[float, float, int]]:
    """(mean confidence, accuracy, count) of each bin that has rows."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        (float(confidence[place == b].mean()), float(correct[place == b].mean()), int((place == b).sum()))
        for b in range(bins)
        if (place == b).any()
    ]


def risk_coverage(correct: np.ndarray, confidence: np.ndarray) -> list[tuple[float, float]]:
    """(coverage, error among the covered) when only the most confident are answered, at 5 % steps."""
    order = np.argsort(-confidence, kind="stable")
    errors = np.cumsum(1 - correct[order].astype(float))
    out = []
    for percent in range(5, 101, 5):
        n = max(1, round(len(order) * percent / 100))
        out.append((percent / 100, float(errors[n - 1] / n)))
    return out
