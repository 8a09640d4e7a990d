"""A linear model over hashed word-piece n-grams, added to the sentiment head's logits.

On short forum talk a linear model on n-grams errs elsewhere than the encoder does, and the sum of both is better
than either (docs/model-log.md). One head a register; weights int8 (3, SLOTS) with a step a class, named
`ngrams.REGISTER.weight` and `.scale`; `.mix` says how much of it is added; a register where dev saw no gain has
none.
"""

from collections.abc import Sequence

import numpy as np

from classifier.taxonomy import REGISTERS

BITS = 15
SLOTS = 1 << BITS
_FACTOR, _STEP, _MASK = np.uint64(2_654_435_761), np.uint64(1_000_003), np.uint64(0xFFFFFFFF)


def slots(ids: Sequence[int]) -> np.ndarray:
    """The distinct hash slots (int64) of a text's 1- to 3-grams; `ids` includes the first and last marker pieces.

    >>> len(slots([0, 5, 6, 2])), len(slots([0, 2]))
    (3, 0)
    """
    pieces = np.asarray(ids[1:-1], np.uint64)
    two = pieces[:-1] * _STEP + pieces[1:]
    three = pieces[:-2] * _STEP * _STEP + pieces[1:-1] * _STEP + pieces[2:]
    mixed = (np.concatenate([pieces, two, three]) * _FACTOR) & _MASK
    return np.unique(mixed >> np.uint64(32 - BITS)).astype(np.int64)


class NGrams:
    """The linear heads of a weights file; without them every logit is 0."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self._heads: list[tuple[np.ndarray, np.ndarray] | None] = []
        for register in REGISTERS:
            name = f"ngrams.{register}"
            mix = float(tensors[f"{name}.mix"][0]) if f"{name}.mix" in tensors else 0.0
            head = (tensors[f"{name}.weight"], tensors[f"{name}.scale"] * np.float32(mix)) if mix else None
            self._heads.append(head)

    def logits(self, ids: Sequence[Sequence[int]], register: np.ndarray) -> np.ndarray:
        """What is added to the sentiment logits, float32 (texts, 3). `register` (texts,): indices into REGISTERS."""
        out = np.zeros((len(ids), 3), np.float32)
        for row, (one, place) in enumerate(zip(ids, register.tolist(), strict=True)):
            head = self._heads[place]
            if head is not None and len(found := slots(one)):
                out[row] = head[0][:, found].sum(1, dtype=np.int32) * head[1] / np.sqrt(len(found))
        return out
