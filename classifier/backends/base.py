"""The interface of a backend, and the attention mask that all of them use."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np


class Backend(Protocol):
    """Runs the encoder. Not thread-safe."""

    name: str
    budget_tokens: int
    """Batch size in padded pieces at which this runtime is fastest."""

    def run(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Hidden states, float32 (rows, length, width), of `ids`, int64 (rows, length), padded with 1.

        `lengths` (rows,): pieces without padding; states of padding are undefined. Blocks. Raises MemoryError.
        """
        ...

    def stream(self, batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[np.ndarray]:
        """`run` over many (ids, lengths), in order. A yielded array may be overwritten by the next step."""
        for ids, lengths in batches:
            yield self.run(ids, lengths)


def additive_mask(lengths: np.ndarray, length: int) -> np.ndarray:
    """The attention mask, float32 (rows, 1, 1, length): 0 for text, -10000 for padding."""
    empty = np.arange(length)[None, :] >= lengths[:, None]
    return np.where(empty, np.float32(-10_000), np.float32(0))[:, None, None, :]
