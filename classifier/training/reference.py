"""Going on from packed weights: what they said of the training texts, for the new weights to stay near to.

The sentiment probabilities become soft targets beside the labels (learning without forgetting, Li and Hoiem 2016,
https://arxiv.org/abs/1606.09282), and the signature stays comparable with that of stored stories.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

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


def add_stored(paths: Sequence[Path], items: Sequence[Item]) -> int:
    """Set `reference` to the mean of the probabilities that teachers left in `paths`; return of how many items.

    Items whose text no teacher has seen stay as they are. Raises FileNotFoundError, or KeyError for a file
    that `keep` did not write.
    """
    by_text: dict[str, list[np.ndarray]] = {}
    for path in paths:
        with np.load(path) as stored:
            for text, shares in zip(stored["texts"].tolist(), stored["shares"], strict=True):
                by_text.setdefault(text, []).append(shares)
    found = [(item, by_text.get(digest(item.example.text))) for item in items]
    for item, several in found:
        if several:
            item.reference = np.mean(several, axis=0).astype(np.float32)
    return sum(1 for _, several in found if several)


def digest(text: str) -> str:
    """Return 16 hexadecimal digits that stand for a text in stored probabilities."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def keep(path: Path, items: Sequence[Item], shares: np.ndarray) -> None:
    """Write probabilities (items, 3) under their texts' digests, as `add_stored` reads them."""
    np.savez_compressed(path, texts=np.array([digest(i.example.text) for i in items]), shares=shares)


def add_signatures(engine: Engine, items: Sequence[Item]) -> None:
    """Set each item's `signature` to the engine's own, as a unit vector (bits,)."""
    examples = [item.example for item in items]
    found = predict(engine.tokens, engine.encoder, engine.heads, examples).signature
    for item, row in zip(items, found / np.linalg.norm(found, axis=1, keepdims=True), strict=True):
        item.signature = row.astype(np.float32)
