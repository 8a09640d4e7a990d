"""A headline's clauses: where one company's news ends and the next one's begins.

The encoder's mention state still carries what the whole headline says, so both companies of "腾讯大涨，阿里暴跌" were
positive. Read alone, "阿里暴跌" is plain. So a company that has a clause of a headline to itself is read twice, and the
two readings' logits are averaged. Measured on dev: docs/model-log.md.
"""

import re
from collections.abc import Sequence
from typing import Final

from classifier.reading.surfaces import place

LINE_CHARS: Final = 200
"""A first line longer than this is no headline."""
_CUT: Final = re.compile(
    r"[,:;.!?](?=\s)|[,:;!?](?=[^\x00-\x7f])|(?<=[^\x00-\x7f])[,:;!?]|[，；：。！？｜|]|\s[-–—]\s"
    r"|\s(?:while|whereas|but|as|even as|after|amid|and)\s"
    r"|(?<=[\u4e00-\u9fff])(?:\s+|而|但)(?=[\u4e00-\u9fff])",
    re.IGNORECASE,
)
_SAYS: Final = re.compile(r"[A-Za-z]{2,}.*[A-Za-z]{2,}|[A-Za-z]{4,}|[\u4e00-\u9fff]{2,}")
"""What is left of a clause without the company must say something: "Apple" of "Apple and IBM rise" does not."""


def own_clauses(line: str, surfaces: Sequence[str]) -> list[tuple[int, str]]:
    """Return (k, clause) for each of `surfaces` (a text's companies) that has a clause of `line` to itself.

    >>> own_clauses("腾讯大涨，阿里暴跌", ["腾讯", "阿里"])
    [(0, '腾讯大涨'), (1, '阿里暴跌')]
    >>> own_clauses("Apple and IBM rise", ["Apple", "IBM"])
    [(1, 'IBM rise')]
    """
    if len(surfaces) < 2 or len(line) > LINE_CHARS:
        return []
    places = [place(line, surface) for surface in surfaces]
    if sum(at >= 0 for at in places) < 2:
        return []
    edges = [0, *(edge for cut in _CUT.finditer(line) for edge in cut.span()), len(line)]
    out = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        inside = [k for k, at in enumerate(places) if start <= at and at + len(surfaces[k]) <= end]
        if len(inside) == 1 and end - start < len(line):
            clause = line[start:end].strip()
            at, length = places[inside[0]], len(surfaces[inside[0]])
            if _SAYS.search(f"{line[start:at]} {line[at + length : end]}"):
                out.append((inside[0], clause))
    return sorted(out)
