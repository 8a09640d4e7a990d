"""Out of corpus: train a sentiment head without a set, test on it. With a frozen encoder, and said so.

Full fine-tuning once per set left out needs hours; a linear head over the untouched base encoder needs minutes and
shows the size of the drop, not the level a fine-tuned model would keep.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine import Engine
from classifier.evaluation import metrics
from classifier.evaluation.card import leave_out_table
from classifier.evaluation.predict import predict
from classifier.training import corpus

SETS = ("phrasebank", "twitter", "sentfin", "finfe", "zh_stock_news")
CLASSES = (0, 1, 2)
MOST_TRAINED = 1_500
"""Texts of a set that train, so that no large set decides alone."""


def run(engine: Engine, data: Path) -> list[dict[str, Any]]:
    """Return one row a set: accuracy and macro-F1 in corpus and out of it, on the set's test side.

    `engine`: weights whose encoder was not fine-tuned. Needs scikit-learn (the extras dev and train have it).
    """
    from sklearn.linear_model import LogisticRegression

    every = [e for e in corpus.load(data, SETS) if e.sentiment in CLASSES and e.side != "dev"]
    rng = np.random.default_rng(1)
    examples = [e for e in every if e.side == "test"]
    for one in SETS:
        rows = [e for e in every if e.set == one and e.side == "train"]
        examples += [rows[i] for i in rng.permutation(len(rows))[:MOST_TRAINED]]
    sys.stderr.write(f"leave-out: {len(examples)} texts\n")
    states = predict(engine.tokens, engine.encoder, engine.heads, examples).pooled
    states = (states - states.mean(0)) / (states.std(0) + 1e-4)
    label = np.array([e.sentiment for e in examples])
    name = np.array([e.set for e in examples])
    chosen = np.array([e.side == "train" for e in examples])
    out = []
    for one in SETS:
        test = (name == one) & ~chosen
        row: dict[str, Any] = {"set": one, "texts": int(test.sum())}
        for kind, train in (("in", chosen), ("out", chosen & (name != one))):
            head = LogisticRegression(C=0.05, max_iter=400).fit(states[train], label[train])
            guess = head.predict(states[test])
            row[f"{kind}_accuracy"] = metrics.accuracy(label[test], guess)
            row[f"{kind}_macro_f1"] = metrics.macro_f1(label[test], guess, 3)
        out.append(row)
    return out


def main() -> None:
    """`python -m classifier.evaluation.leave_out --weights DIR --out leave_out.json`, then `evaluate --leave-out`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, required=True, help="packed weights of an untrained encoder")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("leave_out.json"))
    given = parser.parse_args()
    rows = run(Engine.load(given.weights), given.data)
    given.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(leave_out_table(rows))


if __name__ == "__main__":
    main()
