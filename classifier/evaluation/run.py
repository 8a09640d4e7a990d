"""`newsquake evaluate`: every set, every bar, one report as Markdown, JSON and plots."""

import json
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from classifier.data import corpus
from classifier.data.corpus import Example
from classifier.evaluation import contrasts, metrics, report
from classifier.evaluation.card import Extras, card
from classifier.scoring.calibration import Calibration
from classifier.scoring.engine import Engine
from classifier.scoring.heads import softmax
from classifier.scoring.predict import Outputs, predict
from classifier.taxonomy import REGISTERS, SENTIMENTS, TOPIC_NAMES
from core.errors import ConfigError

CLASSES = (0, 1, 2)
FINNL_THRESHOLD = 0.0
"""FinNL's own labels count from this logit."""


def run(engine: Engine, *, data: Path, out: Path, split: str, sets: tuple[str, ...] = ()) -> dict[str, Any]:
    """Evaluate `engine` on the split's side of every set; write report.md, report.json and PNGs to `out`.

    Raises ConfigError for a set not known. Registers are detected, as `classify` does, not told.
    """
    unknown = sorted(set(sets) - set(corpus.SETS))
    if unknown:
        raise ConfigError(f"--sets {', '.join(unknown)}: not known; expected {', '.join(corpus.SETS)}")
    examples = [e for e in corpus.load(data) if e.side == split and (not sets or e.set in sets)]
    by_set: dict[str, list[Example]] = defaultdict(list)
    for e in examples:
        by_set[e.set].append(e)
    result: dict[str, Any] = {
        "model_version": engine.model_version,
        "backend": engine.backend,
        "split": split,
        "recipe": engine.config.get("recipe"),
        "trained_on": sorted(engine.config.get("sets", [])),
        "sets": {},
    }
    for name, rows in by_set.items():
        sys.stderr.write(f"evaluate: {name}, {len(rows)} texts\n")
        outputs = predict(engine.tokens, engine.encoder, engine.heads, rows)
        result["sets"][name] = _one_set(rows, outputs, engine.calibration)
    if not sets:
        result["contrasts"] = contrasts.run(engine)
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(
        json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    plots = report.plots(result, out)
    (out / "report.md").write_text(report.markdown(result, plots), encoding="utf-8")
    sys.stdout.write((out / "report.md").read_text(encoding="utf-8"))
    return result


def write_card(
    path: Path, result: dict[str, Any], config: dict[str, Any], out: Path, extras: Extras | None = None
) -> None:
    """Write the model card, and the plots of `out` into images/ beside it."""
    text = card(result, config, extras)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    (path.parent / "images").mkdir(exist_ok=True)
    for plot in out.glob("*.png"):
        shutil.copyfile(plot, path.parent / "images" / plot.name)


def _one_set(rows: list[Example], outputs: Outputs, calibration: Calibration) -> dict[str, Any]:
    guess = outputs.register.argmax(1)
    truth = np.array([e.register for e in rows])
    found: dict[str, Any] = {
        "texts": len(rows),
        "language": rows[0].language,
        "texts_per_s": round(len(rows) / outputs.seconds, 1),
        "register_accuracy": metrics.accuracy(truth, guess),
    }
    labelled = [i for i, e in enumerate(rows) if e.sentiment in CLASSES]
    if labelled and len({rows[i].sentiment for i in labelled}) > 1:
        cells = [
            calibration.sentiment("sentiment", outputs.sentiment[i], rows[i].language, REGISTERS[guess[i]])
            for i in labelled
        ]
        found["sentiment"] = _three(np.array([rows[i].sentiment for i in labelled]), cells)
    pairs = [
        (t, rows[t].spans[k][2], row) for t, k, row in outputs.mentions if rows[t].spans[k][2] in CLASSES
    ]
    if pairs and len({label for _, label, _ in pairs}) > 1:
        cells = [
            calibration.sentiment("entity", row, rows[t].language, REGISTERS[guess[t]]) for t, _, row in pairs
        ]
        found["entity"] = _three(np.array([label for _, label, _ in pairs]), cells)
    if any(e.twitter >= 0 for e in rows):
        found["native"] = _single(np.array([e.twitter for e in rows]), outputs.twitter)
    if any(e.finnl is not None for e in rows):
        many = np.array([e.finnl for e in rows], bool)
        chosen = outputs.finnl > FINNL_THRESHOLD
        per = metrics.f1_by_class
        found["native"] = {
            "micro_f1": metrics.micro_f1(many, chosen),
            "macro_f1": float(
                np.mean(
                    [
                        per(metrics.confusion(many[:, k] * 1, chosen[:, k] * 1, 2))[1]
                        for k in range(many.shape[1])
                    ]
                )
            ),
            "exact": float((many == chosen).all(1).mean()),
        }
    topics = _topics(rows, calibration.topics(outputs.topics))
    if topics:
        found["topics"] = topics
    return found


def _three(truth: np.ndarray, cells: list[tuple[np.ndarray, bool]]) -> dict[str, Any]:
    """Everything about a three-class head on one set."""
    p = np.stack([c[0] for c in cells])
    abstained = np.array([c[1] for c in cells])
    guess, confidence = p.argmax(1), p.max(1)
    correct = guess == truth
    kept = ~abstained
    return {
        "rows": len(truth),
        "accuracy": metrics.accuracy(truth, guess),
        "macro_f1": metrics.macro_f1(truth, guess, 3),
        "weighted_f1": metrics.weighted_f1(truth, guess, 3),
        "confusion": metrics.confusion(truth, guess, 3).tolist(),
        "classes": list(SENTIMENTS),
        "ece": metrics.ece(correct, confidence),
        "ece_by_chance": metrics.ece_by_chance(confidence),
        "reliability": metrics.reliability(correct, confidence),
        "risk_coverage": metrics.risk_coverage(correct, confidence),
        "abstained": float(abstained.mean()),
        "accuracy_when_answered": float(correct[kept].mean()) if kept.any() else None,
    }


def _single(truth: np.ndarray, logits: np.ndarray) -> dict[str, Any]:
    """A single-label native head."""
    p = softmax(logits)
    guess = p.argmax(1)
    correct = guess == truth
    return {
        "accuracy": metrics.accuracy(truth, guess),
        "macro_f1": metrics.macro_f1(truth, guess, logits.shape[1]),
        "ece": metrics.ece(correct, p.max(1)),
        "confusion": metrics.confusion(truth, guess, logits.shape[1]).tolist(),
        "risk_coverage": metrics.risk_coverage(correct, p.max(1)),
    }


def _topics(rows: list[Example], p: np.ndarray) -> dict[str, Any]:
    """Our nineteen, where the set (or a weak rule) knows the answer: micro-F1 at 0.5, ECE, first-topic hits."""
    target = np.array([e.topics for e in rows])
    known = target >= 0
    if not (target == 1).any():
        return {}
    yes, chosen = (target == 1), (p >= 0.5) & known
    first = np.where(yes.any(1), yes[np.arange(len(rows)), np.where(known | yes, p, p).argmax(1)], False)
    per_topic = {
        name: {
            "positives": int(yes[:, k].sum()),
            "f1": float(
                metrics.f1_by_class(
                    metrics.confusion(yes[known[:, k], k] * 1, chosen[known[:, k], k] * 1, 2)
                )[1]
            ),
        }
        for k, name in enumerate(TOPIC_NAMES)
        if yes[:, k].any()
    }
    right = ((p >= 0.5) == yes)[known]
    return {
        "micro_f1": metrics.micro_f1(yes, chosen),
        "macro_f1": float(np.mean([v["f1"] for v in per_topic.values()])),
        "first_is_right": float(first[yes.any(1)].mean()),
        "ece": metrics.ece(right, np.maximum(p, 1 - p)[known]),
        "per_topic": per_topic,
    }
