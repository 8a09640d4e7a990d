"""Going on from packed weights: what they said of the training texts, for the new weights to stay near to.

The sentiment probabilities become soft targets beside the labels (learning without forgetting, Li and Hoiem 2016,
https://arxiv.org/abs/1606.09282), and the signature stays comparable with that of stored stories.
"""

from collections.abc import Sequence

import numpy as np

from classifier.data.sampling import Item
from classifier.scoring.engine import Engine
from classifier.scoring.heads import softmax
from classifier.scoring.predict import predict
from classifier.taxonomy import REGISTERS


def add_probabilities(engine: Engine, items: Sequence[Item]) -> None:
    """Set each item's `reference` to the engine's calibrated sentiment probabilities (3,), its register known."""
    examples = [item.example for item in items]
    registers = np.array([e.register for e in examples])
    logits = predict(engine.tokens, engine.encoder, engine.heads, examples, registers).sentiment
    table = engine.config["calibration"]["sentiment"]
    for item, row in zip(items, logits, strict=True):
        e = item.example
        cell = table.get(f"{e.language}/{REGISTERS[e.register]}", table["default"])
        item.reference = softmax(row / cell["temperature"]).astype(np.float32)


def add_signatures(engine: Engine, items: Sequence[Item]) -> None:
    """Set each item's `signature` to the engine's own, as a unit vector (bits,)."""
    examples = [item.example for item in items]
    found = predict(engine.tokens, engine.encoder, engine.heads, examples).signature
    for item, row in zip(items, found / np.linalg.norm(found, axis=1, keepdims=True), strict=True):
        item.signature = row.astype(np.float32)
