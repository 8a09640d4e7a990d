"""Calibrated probabilities from logits, and abstention below a confidence threshold.

Fitted on dev (never on test): a temperature per language and register for sentiment, a slope and an offset
per topic (Platt). Stored in the weights' config under `calibration`:

    {"sentiment": {"en/news": {"temperature": 1.3, "abstain_below": 0.5}, "default": ...},
     "entity": {the same}, "topics": {"earnings": [slope, offset], ...}, "topic_threshold": 0.5}
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.scoring.heads import sigmoid, softmax
from classifier.taxonomy import TOPIC_NAMES


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted parameters."""

    tables: dict[str, dict[str, dict[str, Any]]]
    slope: np.ndarray
    offset: np.ndarray

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Calibration":
        """The calibration in a weights config; defaults: temperature 1, no abstention, slope 1, offset 0."""
        table = config.get("calibration", {})
        pairs = [table.get("topics", {}).get(t, [1.0, 0.0]) for t in TOPIC_NAMES]
        slope, offset = np.array(pairs, np.float32).T
        return cls({k: table.get(k, {}) for k in ("sentiment", "entity")}, slope, offset)

    def _cell(self, head: str, language: str, register: str) -> dict[str, Any]:
        table = self.tables[head]
        found: dict[str, Any] = table.get(f"{language}/{register}") or table.get("default") or {}
        return found

    def sentiment(
        self, head: str, logits: np.ndarray, language: str, register: str
    ) -> tuple[np.ndarray, bool]:
        """(probabilities (3,), abstained) of one row's logits (3,); `head`: "sentiment" or "entity"."""
        cell = self._cell(head, language, register)
        # Weights of before 2026-11-23 have an offset.
        offset = np.asarray(cell.get("offset", (0.0, 0.0, 0.0)), np.float32)
        probabilities = softmax(logits / cell.get("temperature", 1.0) + offset)
        return probabilities, bool(probabilities.max() < cell.get("abstain_below", 0.0))

    def topics(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities (rows, 19) of logits (rows, 19)."""
        return sigmoid(logits * self.slope + self.offset)
