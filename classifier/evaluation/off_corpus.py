"""What the usual evaluation does not see: the later sets, and whether article and company agree.

    python -m classifier.evaluation.off_corpus [--weights DIR] [--data DIR] [--split test] [--out FILE]

Texts are scored as `newsquake classify` scores them. Figures are by set, in a table and, with --out, as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from classifier.data import corpus, later_sets
from classifier.data.corpus import Example
from classifier.evaluation import metrics, own_sets, polarity
from classifier.evaluation.own_sets import EvaluationText
from classifier.records import Score, Text
from classifier.scoring.engine import Engine
from classifier.scoring.predict import predict
from classifier.taxonomy import REGISTERS, SENTIMENTS

CLASSES: Final = (0, 1, 2)


def three_way(truth: Sequence[int], shares: np.ndarray) -> dict[str, float]:
    """Return figures of three-class probabilities (rows, 3) against classes (rows,).

    `rows`, `accuracy`, `macro_f1`, `weighted_f1`, `ece`; `polar`: of rows that are not neutral, how often the right
    one of negative and positive is the likelier; `recall_CLASS` for each class there.
    """
    wanted, guess = np.array(truth), shares.argmax(1)
    polar = wanted != 1
    found = {
        "rows": len(wanted),
        "accuracy": metrics.accuracy(wanted, guess),
        "macro_f1": metrics.macro_f1(wanted, guess, 3),
        "weighted_f1": metrics.weighted_f1(wanted, guess, 3),
        "ece": metrics.ece(guess == wanted, shares.max(1)),
    }
    if polar.any():
        side = np.where(shares[:, 2] > shares[:, 0], 2, 0)
        found["polar"] = metrics.accuracy(wanted[polar], side[polar])
    for k, name in enumerate(SENTIMENTS):
        if (wanted == k).any():
            found[f"recall_{name}"] = float((guess[wanted == k] == k).mean())
    return found


def later(engine: Engine, examples: list[Example]) -> dict[str, dict[str, float]]:
    """Return `three_way` by set of the examples' articles, and as `SET, entities` of their marked mentions."""
    out: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(e.set for e in examples):
        rows = [e for e in examples if e.set == name]
        labelled = [e for e in rows if e.sentiment in CLASSES]
        if labelled:
            scores = engine.score([Text(e.text) for e in labelled])
            out[name] = three_way([e.sentiment for e in labelled], np.stack([_article(s) for s in scores]))
        if any(e.spans for e in rows):
            out[f"{name}, entities"] = _mentions(engine, rows)
    return out


def _mentions(engine: Engine, rows: list[Example]) -> dict[str, float]:
    outputs = predict(engine.tokens, engine.encoder, engine.heads, rows)
    register = outputs.register.argmax(1)
    shares = [
        engine.calibration.sentiment("entity", row, rows[t].language, REGISTERS[register[t]])[0]
        for t, _, row in outputs.mentions
    ]
    return three_way([rows[t].spans[k][2] for t, k, _ in outputs.mentions], np.stack(shares))


def agreement(engine: Engine, rows: Sequence[EvaluationText]) -> dict[str, float]:
    """Return how often article and company say the same where a text names one labelled company: `rows`, `agree`.

    Companies are labelled by id; a text whose company is not found counts in neither figure.
    """
    chosen = [row for row in rows if len(row.companies) == 1]
    same = []
    for row, score in zip(chosen, engine.score([Text(row.text) for row in chosen]), strict=True):
        told = [m for m in score.mentions if m.entity in row.companies]
        same += [polarity.told(m) == score.sentiment for m in told]
    return {"rows": len(same), "agree": float(np.mean(same))} if same else {"rows": 0}


def _article(score: Score) -> np.ndarray:
    shares = np.array([score.p_negative, score.p_neutral, score.p_positive], float)
    whole: np.ndarray = shares / shares.sum()
    return whole


def run(engine: Engine, data: Path, split: str) -> dict[str, dict[str, float]]:
    """Return every figure by set. `split`: dev or test of the later sets."""
    examples = [e for e in later_sets.load(data, corpus.load(data)) if e.side == split]
    out = later(engine, examples)
    out["probe, article and company"] = agreement(engine, own_sets.read(data / "probe/headlines.jsonl"))
    return out


def table(result: dict[str, dict[str, float]]) -> str:
    """As Markdown, one line a set."""
    lines = ["| set | figures |", "|---|---|"]
    for name, figures in result.items():
        told = ", ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in figures.items())
        lines.append(f"| {name} | {told} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, help="a weights folder; default: the shipped one")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument(
        "--polarity", type=Path, nargs="*", default=(), help="further files of polarity lines"
    )
    parser.add_argument("--out", type=Path, help="the figures as JSON")
    given = parser.parse_args()
    result = run(Engine.load(given.weights), given.data, given.split)
    if given.out:
        given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(table(result))


if __name__ == "__main__":
    main()
