"""Run chunks through the backend in batches, and pool the states."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.backends.base import Backend
from classifier.reading.tokenizer import Chunk
from classifier.scoring.buckets import Bucket, buckets

PAD = 1
LATER_WEIGHT = 0.5
"""Weight of a later chunk; the lead's is 1."""


@dataclass(slots=True)
class States:
    """Pooled states. `pooled` (texts, width): of each text's lead. `chunks[t]`: (weight, pooled state) of its chunks.

    `mentions[t, k]`: (weight, the mention's state, its chunk's pooled state) for each chunk that contains it;
    `clauses[t, k]`: the same for the clause of the headline that names only this company.
    """

    pooled: np.ndarray
    chunks: list[list[tuple[float, np.ndarray]]]
    mentions: dict[tuple[int, int], list[tuple[float, np.ndarray, np.ndarray]]]
    clauses: dict[tuple[int, int], list[tuple[float, np.ndarray, np.ndarray]]]


def encode(backend: Backend, chunks: Sequence[Chunk], texts: int, width: int) -> States:
    """Run every chunk through the backend, in batches of similar length. Blocks."""
    lengths = [len(w.ids) for w in chunks]
    states = States(np.zeros((texts, width), np.float32), [[] for _ in range(texts)], {}, {})
    batches = buckets(lengths, backend.budget_tokens)
    inputs = ((_padded(chunks, bucket), np.array([lengths[at] for at in bucket.rows])) for bucket in batches)
    for bucket, hidden in zip(batches, backend.stream(inputs), strict=True):
        for row, at in enumerate(bucket.rows):
            chunk = chunks[at]
            pooled = _mean(hidden[row], 0, lengths[at])
            weight = 1.0 if chunk.lead else LATER_WEIGHT
            if not chunk.clause:
                states.chunks[chunk.text].append((weight, pooled))
            if chunk.lead:
                states.pooled[chunk.text] = pooled
            mentions = states.clauses if chunk.clause else states.mentions
            for k, span in enumerate(chunk.spans):
                if span:
                    mentions.setdefault((chunk.text, k), []).append(
                        (weight, _mean(hidden[row], *span), pooled)
                    )
    return states


def _padded(chunks: Sequence[Chunk], bucket: Bucket) -> np.ndarray:
    """The bucket's pieces, int64 (rows, length)."""
    ids = np.full((len(bucket.rows), bucket.length), PAD, np.int64)
    for row, at in enumerate(bucket.rows):
        ids[row, : len(chunks[at].ids)] = chunks[at].ids
    return ids


def _mean(hidden: np.ndarray, start: int, end: int) -> np.ndarray:
    """The mean state (width,) of pieces start to end; never a view of `hidden`, which the backend writes again."""
    out: np.ndarray = np.add.reduce(hidden[start:end]) / np.float32(end - start)
    return out
