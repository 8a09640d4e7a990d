"""The floor every model must beat: TF-IDF + a linear SVM on our own splits, same texts, same sides.

    python -m classifier.evaluation.floor ../shared/data     # writes floors.json beside this file; minutes

It depends on the data and the splits alone, so it is measured once and kept; the gate of `newsquake model use` and
the model card read the file. English: words (with $ and #) and pairs of words; Chinese: one to three characters. C is
scikit-learn's default; the training side trains, nothing is tuned. Needs scikit-learn (extras dev and train).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from classifier.evaluation import metrics

KEPT = Path(__file__).parent / "floors.json"
CLASSES = (0, 1, 2)
SETS = ("phrasebank", "twitter", "twitter_topics", "sentfin", "finfe", "zh_stock_news", "finnl")
SIDES = ("dev", "test")


def kept() -> dict[str, dict[str, Any]]:
    """side -> set -> {"head", "metrics": {name: 0..1}}; {} where it was never measured."""
    if not KEPT.exists():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def measure(data: Path) -> dict[str, dict[str, Any]]:
    """Train and measure on every set. Blocks for minutes."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    from classifier.data import corpus

    every = corpus.load(data)  # all sets: the splits are made over all of them at once
    out: dict[str, dict[str, Any]] = {side: {} for side in SIDES}
    for name in SETS:
        rows = [e for e in every if e.set == name]
        many, native = name == "finnl", name == "twitter_topics"
        if not many and not native:
            rows = [e for e in rows if e.sentiment in CLASSES]
        label = np.array([e.finnl if many else e.twitter if native else e.sentiment for e in rows])
        chinese = rows[0].language == "zh"
        words = TfidfVectorizer(
            analyzer="char" if chinese else "word", ngram_range=(1, 3) if chinese else (1, 2), sublinear_tf=True,
            token_pattern=None if chinese else r"(?u)[$#]?\w+|%",
        )  # fmt: skip
        side = np.array([e.side for e in rows])
        x = words.fit_transform([e.text for e in rows if e.side == "train"])
        model = OneVsRestClassifier(LinearSVC()) if many else LinearSVC()
        model.fit(x, label[side == "train"])
        for one in SIDES:
            truth = label[side == one]
            guess = model.predict(words.transform([e.text for e in rows if e.side == one]))
            if many:
                found = {"micro_f1": metrics.micro_f1(truth.astype(bool), guess.astype(bool))}
            else:
                found = {
                    "accuracy": metrics.accuracy(truth, guess),
                    "macro_f1": metrics.macro_f1(truth, guess, int(label.max()) + 1),
                }
            head = "native" if many or native else "sentiment"
            out[one][name] = {"head": head, "metrics": {k: round(v, 4) for k, v in found.items()}}
        sys.stderr.write(f"floor: {name} {out['test'][name]['metrics']}\n")
    return out


if __name__ == "__main__":
    KEPT.write_text(json.dumps(measure(Path(sys.argv[1])), indent=1) + "\n", encoding="utf-8")
