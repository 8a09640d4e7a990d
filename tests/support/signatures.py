"""Articles whose signatures are as near as a test wants them."""

from __future__ import annotations

import random

from alerts.stories.entry import entry_of
from alerts.testing import scored

SIGNATURE = "0123456789abcdef" * 2


def near(signature: str, bits: int, seed: int = 0) -> str:
    """The signature with `bits` of its bits turned."""
    number = int(signature, 16)
    for bit in random.Random(seed).sample(range(128), bits):
        number ^= 1 << bit
    return f"{number:032x}"


def place(book, number, at, title, signature=SIGNATURE, **options):
    return book.place(entry_of(scored(number, at, title=title, signature=signature, **options)))[0]
