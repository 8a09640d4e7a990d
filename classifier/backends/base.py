"""The interface of a backend, and the attention mask that all of them use."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np


class Backend(Protocol):
    """Runs the encoder. Not thread-safe: one thread calls it."""

    name: str
    budget_tokens: int
    """Padded pieces a batch at which this runtime is fastest."""

    def run(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """ids int64 (rows, length), padded with 1; lengths (rows,) -> states float32 (rows, length, width).

        Blocks until done. States of padding are meaningless. Raises MemoryError where memory is short.
        """
        ...

    def stream(self, batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[np.ndarray]:
        """`run` over many (ids, lengths), in order. What is yielded may be overwritten when the next is asked for."""
        for ids, lengths in batches:
            yield self.run(ids, lengths)


def additive_mask(lengths: np.ndarray, length: int) -> np.ndarray:
    """float32 (rows, 1, 1, length): 0 where there is text, -10000 where there is padding."""
    empty = np.arange(length)[None, :] >= lengths[:, None]
    return np.where(empty, np.float32(-10_000), np.float32(0))[:, None, None, :]
