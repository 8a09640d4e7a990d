"""What the usual evaluation does not see: sets with sides of their own, and the probe of tricky texts.

    python -m classifier.evaluation.off_corpus [--weights DIR] [--data DIR] [--split test] [--out FILE]

Texts are scored as `newsquake classify` scores them. Figures are by set, in a table and, with --out, as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifier.data import corpus, later_sets
from classifier.data.corpus import Example
from classifier.evaluation import metrics
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


def polarity(engine: Engine, file: Path) -> dict[str, float]:
    """Return `three_way` of a file of lines {"text", "sentiment"}, with `accuracy KIND` where lines have a kind."""
    rows = _lines(file)
    scores = engine.score([Text(row["text"]) for row in rows])
    truth, shares = (
        [SENTIMENTS.index(row["sentiment"]) for row in rows],
        np.stack([_article(s) for s in scores]),
    )
    found = three_way(truth, shares)
    right = shares.argmax(1) == np.array(truth)
    for kind in sorted({row["kind"] for row in rows if "kind" in row}):
        found[f"accuracy {kind}"] = float(right[[row.get("kind") == kind for row in rows]].mean())
    return found


def headlines(engine: Engine, file: Path) -> dict[str, float]:
    """Return figures of a file of lines {"text", "sentiment", "companies": {id: sentiment}, "topic": one or several}.

    `article`, `company` (of all that are labelled, unfound ones count as wrong), `company_found`, `topic` (the most
    probable is one of those named), `agree`: article and company say the same where one company is labelled and found.
    """
    rows = _lines(file)
    scores = engine.score([Text(row["text"]) for row in rows])
    article, company, found, topic, agree = [], [], [], [], []
    for row, score in zip(rows, scores, strict=True):
        own = score.sentiment
        article.append(own == row["sentiment"])
        told = {
            m.entity: SENTIMENTS[int(np.argmax((m.p_negative, m.p_neutral, m.p_positive)))]
            for m in score.mentions
        }
        for entity, wanted in row["companies"].items():
            company.append(told.get(entity) == wanted)
            found.append(entity in told)
        if len(row["companies"]) == 1 and (only := next(iter(row["companies"]))) in told:
            agree.append(told[only] == own)
        if row.get("topic"):
            allowed = [row["topic"]] if isinstance(row["topic"], str) else row["topic"]
            topic.append(max(score.topics, key=lambda name: score.topics[name]) in allowed)
    named = {"article": article, "company": company, "company_found": found, "topic": topic, "agree": agree}
    return {
        "rows": len(rows),
        **{name: float(np.mean(several)) for name, several in named.items() if several},
    }


def _article(score: Score) -> np.ndarray:
    shares = np.array([score.p_negative, score.p_neutral, score.p_positive], float)
    whole: np.ndarray = shares / shares.sum()
    return whole


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def run(engine: Engine, data: Path, split: str, also: Sequence[Path] = ()) -> dict[str, dict[str, float]]:
    """Return every figure by set; `also`: further files of polarity lines. `split`: dev or test of the later sets."""
    examples = [e for e in later_sets.load(data, corpus.load(data)) if e.side == split]
    out = later(engine, examples)
    out["probe, polarity"] = polarity(engine, data / "probe/polarity.jsonl")
    out["probe, headlines"] = headlines(engine, data / "probe/headlines.jsonl")
    for file in also:
        out[file.stem] = polarity(engine, file)
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
    result = run(Engine.load(given.weights), given.data, given.split, given.polarity)
    if given.out:
        given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(table(result))


if __name__ == "__main__":
    main()
