"""Fits the calibration on dev: a temperature for sentiment (Guo et al. 2017), Platt's line per topic.

All in numpy, with the packed int8 model's own logits, so that what is fitted is what is served. Class offsets beside
the temperature were tried and dropped: cross-validated on dev they cost accuracy and won no log loss
(docs/model-log.md).
"""

from typing import Any

import numpy as np

from classifier.data.corpus import Example
from classifier.scoring.heads import sigmoid, softmax
from classifier.scoring.predict import Outputs
from classifier.taxonomy import REGISTERS, TOPIC_NAMES

TEMPERATURES = np.exp(np.linspace(np.log(0.5), np.log(4.0), 64))
CLASSES = (0, 1, 2)
WANTED_ACCURACY = 0.90
"""Abstaining begins where dev's answers, sorted by confidence, stop being right this often..."""
MOST_ABSTAINED = 0.20
"""...but never for more than this share of dev."""
MINIMUM_POSITIVES = 8


def _loss(logits: np.ndarray, target: np.ndarray) -> float:
    return float(-np.log(np.maximum(softmax(logits)[np.arange(len(target)), target], 1e-9)).mean())


def cell(logits: np.ndarray, target: np.ndarray) -> dict[str, Any]:
    """Fit one (language, register): temperature, and the confidence below which it abstains."""
    temperature = float(min(TEMPERATURES, key=lambda t: _loss(logits / t, target)))
    p = softmax(logits / temperature)
    correct, confidence = p.argmax(1) == target, p.max(1)
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    enough = np.nonzero(right >= WANTED_ACCURACY)[0]
    keep = int(enough[-1]) + 1 if len(enough) else 0
    keep = max(keep, int(np.ceil(len(order) * (1 - MOST_ABSTAINED))))
    floor = float(confidence[order[keep - 1]]) if keep < len(order) else 0.0
    return {
        "temperature": round(temperature, 4),
        "abstain_below": round(max(floor, 0.40), 4),
        "fitted_on": len(target),
    }


def platt(logit: np.ndarray, truth: np.ndarray) -> list[float]:
    """Slope and offset of the sigmoid for one topic (Newton steps, slope held near 1, offset near 0)."""
    x = np.stack([logit, np.ones_like(logit)], 1)
    weights = np.array([1.0, 0.0])
    for _ in range(30):
        p = sigmoid(x @ weights)
        gradient = x.T @ (p - truth) + 2.0 * (weights - np.array([1.0, 0.0]))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + 2.0 * np.eye(2)
        weights = weights - np.linalg.solve(hessian, gradient)
    return [round(float(max(weights[0], 0.2)), 4), round(float(weights[1]), 4)]


def fit(examples: list[Example], outputs: Outputs) -> dict[str, Any]:
    """Return the `calibration` table of the weights' config (see classifier/scoring/calibration.py)."""
    table: dict[str, Any] = {"sentiment": {}, "entity": {}, "topics": {}, "topic_threshold": 0.5}
    rows: dict[str, dict[str, list[tuple[np.ndarray, int]]]] = {"sentiment": {}, "entity": {}}
    for i, e in enumerate(examples):
        if e.sentiment in CLASSES and e.set != "finnsp":
            key = f"{e.language}/{REGISTERS[e.register]}"
            rows["sentiment"].setdefault(key, []).append((outputs.sentiment[i], e.sentiment))
    for text, span, logits in outputs.mentions:
        e = examples[text]
        if e.spans[span][2] in CLASSES and e.set in ("sentfin", "zh_stock_news"):
            key = f"{e.language}/{REGISTERS[e.register]}"
            rows["entity"].setdefault(key, []).append((logits, e.spans[span][2]))
    for head, cells in rows.items():
        for key, pairs in cells.items():
            logits, target = np.stack([p[0] for p in pairs]).astype(float), np.array([p[1] for p in pairs])
            table[head][key] = cell(logits, target)
        fitted = list(table[head].values())
        table[head]["default"] = {
            "temperature": round(float(np.mean([c["temperature"] for c in fitted])), 4),
            "abstain_below": round(float(np.mean([c["abstain_below"] for c in fitted])), 4),
        }
    targets = np.array([e.topics for e in examples])
    for k, topic in enumerate(TOPIC_NAMES):
        known = targets[:, k] >= 0
        if (targets[known, k] == 1).sum() >= MINIMUM_POSITIVES:
            table["topics"][topic] = platt(
                outputs.topics[known, k].astype(float), targets[known, k].astype(float)
            )
    return table
