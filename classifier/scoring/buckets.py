"""Batches of texts with similar lengths, within a budget of padded pieces. Pure.

On CPU small budgets win (activations stay in the cache); lengths are rounded up to a step, and a length's
batches all have the same number of rows, so that the backend sees few shapes and compiles each once.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """One batch: which texts (their places in the input), padded to `length` pieces."""

    rows: tuple[int, ...]
    length: int


def buckets(lengths: Sequence[int], budget_tokens: int = 512, step: int = 4) -> list[Bucket]:
    """Batches that contain every index of `lengths` exactly once, longest first.

    No batch pads to more than `budget_tokens` pieces, unless a single text is longer. Longest first, so that a lack
    of memory shows at once. Raises ValueError for a length below 1.

    >>> buckets([3, 9, 4], budget_tokens=16)
    [Bucket(rows=(1,), length=12), Bucket(rows=(2, 0), length=4)]
    """
    if any(n < 1 for n in lengths):
        raise ValueError("a text has at least one piece")
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    out: list[Bucket] = []
    at = 0
    while at < len(order):
        length = -(-lengths[order[at]] // step) * step
        rows = max(1, budget_tokens // length)
        out.append(Bucket(tuple(order[at : at + rows]), length))
        at += rows
    return out
