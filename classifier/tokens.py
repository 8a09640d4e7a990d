"""Windows -> word pieces, and a mention's characters -> its pieces. The tokeniser runs in Rust, in parallel."""

from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from classifier.clauses import own_clauses
from classifier.packed import TOKENIZER
from classifier.windows import LATER_TOKENS, LEAD_TOKENS


@dataclass(frozen=True, slots=True)
class Window:
    """One encoder input. `spans[k]`: (first piece, last + 1) of the text's k-th mention, or None.

    `clause`: a part of the headline that has a company to itself; only that mention is read from it.
    """

    text: int
    lead: bool
    ids: list[int]
    spans: tuple[tuple[int, int] | None, ...]
    clause: bool = False


class Tokens:
    """Wraps a tokenizer.json. Safe to call from one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LEAD_TOKENS)

    def pieces(self) -> list[str]:
        """Return the vocabulary in order of the ids."""
        return [self._tokenizer.id_to_token(i) or "" for i in range(self._tokenizer.get_vocab_size())]

    def windows(self, windows: list[list[str]], surfaces: list[list[str]]) -> list[Window]:
        """Tokenise each text's windows; `surfaces[t]` are the normal surfaces of text t's mentions."""
        flat = [(t, k, w) for t, several in enumerate(windows) for k, w in enumerate(several)]
        coded = self._tokenizer.encode_batch([w for _, _, w in flat])
        out = []
        for (t, k, window), encoding in zip(flat, coded, strict=True):
            ids, offsets = encoding.ids, encoding.offsets
            if k and len(ids) > LATER_TOKENS:
                ids = [*ids[: LATER_TOKENS - 1], ids[-1]]
                offsets = offsets[: LATER_TOKENS - 1]
            spans = tuple(_span(window, surface, offsets) for surface in surfaces[t])
            out.append(Window(t, k == 0, ids, spans))
        return out + self._clauses([several[0] for several in windows], surfaces)

    def _clauses(self, leads: list[str], surfaces: list[list[str]]) -> list[Window]:
        found = [
            (t, k, clause)
            for t, lead in enumerate(leads)
            for k, clause in own_clauses(lead.partition("\n")[0], surfaces[t])
        ]
        if not found:
            return []
        out = []
        coded = self._tokenizer.encode_batch([clause for _, _, clause in found])
        for (t, k, clause), encoding in zip(found, coded, strict=True):
            spans: list[tuple[int, int] | None] = [None] * len(surfaces[t])
            spans[k] = _span(clause, surfaces[t][k], encoding.offsets)
            out.append(Window(t, False, encoding.ids, tuple(spans), clause=True))
        return out


def _span(window: str, surface: str, offsets: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The pieces of a surface's first occurrence in the window (letter case as the window has it)."""
    start = window.find(surface)
    if start < 0:
        start = window.find(surface.lower())
    if start < 0 or not surface:
        return None
    end = start + len(surface)
    inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start and b > a]
    return (inside[0], inside[-1] + 1) if inside else None
