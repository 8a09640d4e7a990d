"""Sentiment logits of mentions, the same for serving, evaluation and calibration."""

import numpy as np

from classifier.scoring.encode import States
from classifier.scoring.heads import Heads
from classifier.taxonomy import REGISTERS

CLAUSE_SHARE = 0.5
"""Weight of a clause against the whole text: the best of 0 to 1 on SEntFiN's dev side (docs/model-log.md)."""
_NEWS = REGISTERS.index("news")
_Key = tuple[int, int]


def mention_logits(heads: Heads, states: States, register: np.ndarray) -> dict[_Key, np.ndarray]:
    """(text, mention) -> logits (3,), for every mention that a chunk contains.

    `register` (texts,): indices into REGISTERS. Clauses count in news only: on posts they lowered the dev score.
    """
    whole = _mean(heads, states.mentions, register)
    own = _mean(heads, {k: v for k, v in states.clauses.items() if register[k[0]] == _NEWS}, register)
    for key, row in own.items():
        whole[key] = (1 - CLAUSE_SHARE) * whole.get(key, row) + CLAUSE_SHARE * row
    return whole


def _mean(
    heads: Heads, seen: dict[_Key, list[tuple[float, np.ndarray, np.ndarray]]], register: np.ndarray
) -> dict[_Key, np.ndarray]:
    """Each mention's logits, averaged over where it is seen, by weight."""
    rows = [(key, weight, span, pooled) for key, places in seen.items() for weight, span, pooled in places]
    if not rows:
        return {}
    at = register[[key[0] for key, *_ in rows]]
    each = heads.entity(np.stack([s for *_, s, _ in rows]), np.stack([p for *_, p in rows]), at)
    total: dict[_Key, tuple[np.ndarray, float]] = {}
    for (key, weight, _, _), row in zip(rows, each, strict=True):
        sum_before, weight_before = total.get(key, (np.zeros(3, np.float32), 0.0))
        total[key] = (sum_before + weight * row, weight_before + weight)
    return {key: value / weight for key, (value, weight) in total.items()}
