"""When Python looks for garbage cycles: not among what a desk keeps, which is millions of small objects and no cycle.

    calm()                      once, when everything is imported
    with settled(): ...         around what makes things that stay
    loose()                     when such things were thrown away whole, in case that they did make a cycle

Python looks through each object that might hold another while it is young, and again as it ages; where nothing of it is
in the processor's cache, that was 7 % of what a desk did (bench/windows.py). What is made inside `settled` is put
where nobody looks; what libraries make outside of it is looked through as ever, the young ones at each `settled`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def calm() -> None:
    """Look rarely, and never again at what is there now."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@contextmanager
def settled() -> Iterator[None]:
    """What is made within stays until it is thrown away, and is never looked through."""
    if not gc.isenabled():
        yield
        return
    gc.collect(0)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def loose() -> None:
    """Look through everything again when it is time to: something large was thrown away."""
    gc.unfreeze()
