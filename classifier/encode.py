"""Windows -> states: the one place where batches meet the backend."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.backends.base import Backend
from classifier.buckets import buckets
from classifier.tokens import Window

PAD = 1
LATER_WEIGHT = 0.5
"""A later window's voice beside the lead's 1."""


@dataclass(slots=True)
class States:
    """`pooled` (texts, width): each text's lead. `windows[t]`: (weight, pooled state) of each of its windows.
    `mentions[t, k]`: (weight, the mention's state, its window's pooled state) wherever a window shows it;
    `clauses[t, k]`: the same of the headline's clause that the mention has to itself."""

    pooled: np.ndarray
    windows: list[list[tuple[float, np.ndarray]]]
    mentions: dict[tuple[int, int], list[tuple[float, np.ndarray, np.ndarray]]]
    clauses: dict[tuple[int, int], list[tuple[float, np.ndarray, np.ndarray]]]


def encode(backend: Backend, windows: Sequence[Window], texts: int, width: int) -> States:
    """Run every window through the backend, in batches of similar length. Blocks."""
    lengths = [len(w.ids) for w in windows]
    states = States(np.zeros((texts, width), np.float32), [[] for _ in range(texts)], {}, {})
    for bucket in buckets(lengths, backend.budget_tokens):
        ids = np.full((len(bucket.rows), bucket.length), PAD, np.int64)
        for row, at in enumerate(bucket.rows):
            ids[row, : lengths[at]] = windows[at].ids
        hidden = backend.run(ids, np.array([lengths[at] for at in bucket.rows]))
        for row, at in enumerate(bucket.rows):
            window = windows[at]
            pooled = hidden[row, : lengths[at]].mean(0)
            weight = 1.0 if window.lead else LATER_WEIGHT
            if not window.clause:
                states.windows[window.text].append((weight, pooled))
            if window.lead:
                states.pooled[window.text] = pooled
            mentions = states.clauses if window.clause else states.mentions
            for k, span in enumerate(window.spans):
                if span:
                    mentions.setdefault((window.text, k), []).append(
                        (weight, hidden[row, span[0] : span[1]].mean(0), pooled)
                    )
    return states
