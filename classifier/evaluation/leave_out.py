"""Out of corpus: train a sentiment head without a set, test on it. With a frozen encoder, and said so.

    python -m classifier.evaluation.leave_out --base ../shared/models/e5-small-en-zh --out leave_out.json
    newsquake evaluate --card docs/model-card.md --leave-out leave_out.json

Full fine-tuning once per set left out needs hours; a linear head over the untouched base encoder needs minutes and
shows the size of the drop, not the level a fine-tuned model would keep. Sides are those of all sets together, as in
training. Needs torch and scikit-learn (the extra train).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer

from classifier.data import corpus
from classifier.data.corpus import Example
from classifier.evaluation import metrics
from classifier.evaluation.card import leave_out_table
from classifier.network.model import pool
from classifier.training import base

SETS = ("phrasebank", "twitter", "sentfin", "finfe", "zh_stock_news")
CLASSES = (0, 1, 2)
MOST_TRAINED = 1_500
"""Texts of a set that train, so that no large set decides alone."""


PREFIX = "query: "
"""What the base encoder was trained with."""
PIECES = 128
BATCH = 64


def chosen(examples: list[Example]) -> list[Example]:
    """The test side of every set, and up to MOST_TRAINED texts of its training side."""
    rng = np.random.default_rng(1)
    labelled = [e for e in examples if e.set in SETS and e.sentiment in CLASSES]
    out = [e for e in labelled if e.side == "test"]
    for one in SETS:
        rows = [e for e in labelled if e.set == one and e.side == "train"]
        out += [rows[i] for i in rng.permutation(len(rows))[:MOST_TRAINED]]
    return out


@torch.no_grad()
def encoded(untrained: base.Base, texts: list[str]) -> np.ndarray:
    """Mean-pooled states (texts, width), float32."""
    tokenizer = Tokenizer.from_file(str(untrained.tokenizer))
    tokenizer.enable_truncation(PIECES)
    tokenizer.no_padding()
    ids = [one.ids for one in tokenizer.encode_batch([PREFIX + text for text in texts])]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    untrained.encoder.eval()
    out = np.zeros((len(ids), untrained.config["hidden_size"]), np.float32)
    for at in track(range(0, len(order), BATCH), "encoding", disable=not sys.stderr.isatty()):
        rows = order[at : at + BATCH]
        lengths = [len(ids[i]) for i in rows]
        states = untrained.encoder(torch.tensor([piece for i in rows for piece in ids[i]]), lengths)
        out[rows] = pool(states, lengths).float().numpy()
    return out


def measure(states: np.ndarray, rows: list[Example]) -> list[dict[str, Any]]:
    """One row a set: accuracy and macro-F1 on its test side, of a head that saw the set and of one that did not."""
    states = (states - states.mean(0)) / (states.std(0) + 1e-4)
    label = np.array([e.sentiment for e in rows])
    name = np.array([e.set for e in rows])
    seen = np.array([e.side == "train" for e in rows])
    out = []
    for one in SETS:
        test = (name == one) & ~seen
        row: dict[str, Any] = {"set": one, "texts": int(test.sum())}
        for kind, train in (("in", seen), ("out", seen & (name != one))):
            head = LogisticRegression(C=0.05, max_iter=400).fit(states[train], label[train])
            guess = head.predict(states[test])
            row[f"{kind}_accuracy"] = metrics.accuracy(label[test], guess)
            row[f"{kind}_macro_f1"] = metrics.macro_f1(label[test], guess, 3)
        out.append(row)
    return out


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--base", required=True, help="an encoder that was not fine-tuned: folder or hub name"
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("leave_out.json"))
    given = parser.parse_args()
    untrained = base.load(given.base, Path("build/hub"))
    rows = chosen(corpus.load(given.data))
    sys.stderr.write(f"leave-out: {len(rows)} texts through the encoder\n")
    found = measure(encoded(untrained, [e.text for e in rows]), rows)
    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(leave_out_table(found))


if __name__ == "__main__":
    main()
