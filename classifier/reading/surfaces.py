"""Where a company's name stands in what the encoder reads: as a word of its own, not inside another."""


def place(line: str, surface: str) -> int:
    """The first place of `surface` in `line`, -1 where it is not; letter case as the line has it.

    Latin letters and digits at its edges need an edge there too; Chinese has none.

    >>> place("GERMANY: GE falls 8%", "GE"), place("large gains but ge plunges", "GE"), place("买入GE股票", "GE")
    (9, 16, 2)
    >>> place("GERMANY", "GE"), place("SH603799", "603799")
    (-1, 2)
    """
    if not surface:
        return -1
    at = _word(line, surface)
    return at if at >= 0 else _word(line, surface.lower())


def _word(line: str, surface: str) -> int:
    at = line.find(surface)
    while at >= 0:
        end = at + len(surface)
        before, after = line[at - 1 : at], line[end : end + 1]
        if not (_joins(before, surface[0], surface) or _joins(after, surface[-1], surface)):
            return at
        at = line.find(surface, at + 1)
    return -1


def _joins(beside: str, edge: str, surface: str) -> bool:
    """Whether a neighbour and the surface's edge are of one Latin word; a code's digits may stand behind letters."""
    if not (beside.isascii() and beside.isalnum() and edge.isascii() and edge.isalnum()):
        return False
    return beside.isdigit() or not surface.isdigit()
