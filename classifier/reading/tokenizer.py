"""Tokenise chunks, and map mentions from characters to word pieces. The tokeniser runs in Rust, in parallel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from classifier.network.packed import TOKENIZER
from classifier.reading.chunks import LATER_TOKENS, LEAD_TOKENS
from classifier.reading.clauses import own_clauses
from classifier.reading.surfaces import place


@dataclass(frozen=True, slots=True)
class Chunk:
    """One encoder input. `text`: the text's index; `spans[k]`: (first piece, last + 1) of its k-th mention, or None.

    `clause`: a part of the headline with a single company; only that mention is read from it.
    """

    text: int
    lead: bool
    ids: list[int]
    spans: tuple[tuple[int, int] | None, ...]
    clause: bool = False


Later = Callable[[int, int, Sequence[tuple[int, int] | None]], list[str]]
"""(text, characters of its lead that were read, its mentions' spans in the lead) -> texts of further chunks"""


class ChunkTokenizer:
    """Wraps a tokenizer.json. Safe to call from one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LEAD_TOKENS)

    def pieces(self) -> list[str]:
        """The vocabulary, in order of the ids."""
        return [self._tokenizer.id_to_token(i) or "" for i in range(self._tokenizer.get_vocab_size())]

    def chunks(
        self, leads: Sequence[str], surfaces: Sequence[Sequence[str]], later: Later | None = None
    ) -> list[Chunk]:
        """The chunks of all texts: leads, later chunks, clauses. `surfaces[t]`: the names of text t's mentions.

        `later` gives a text's further chunks once it is known how much of its lead was read.
        """
        out, further = [], []
        for t, (lead, encoding) in enumerate(
            zip(leads, self._tokenizer.encode_batch(list(leads)), strict=True)
        ):
            ids, offsets = encoding.ids, encoding.offsets
            spans = tuple(_span(lead, surface, offsets) for surface in surfaces[t])
            out.append(Chunk(t, True, ids, spans))
            if later:
                cut = len(ids) >= LEAD_TOKENS
                further += [(t, w) for w in later(t, offsets[-2][1] if cut else len(lead), spans)]
        for (t, chunk), encoding in zip(
            further, self._tokenizer.encode_batch([w for _, w in further]), strict=True
        ):
            ids, offsets = encoding.ids, encoding.offsets
            if len(ids) > LATER_TOKENS:
                ids, offsets = [*ids[: LATER_TOKENS - 1], ids[-1]], offsets[: LATER_TOKENS - 1]
            out.append(Chunk(t, False, ids, tuple(_span(chunk, s, offsets) for s in surfaces[t])))
        return out + self._clauses(leads, surfaces)

    def _clauses(self, leads: Sequence[str], surfaces: Sequence[Sequence[str]]) -> list[Chunk]:
        found = [
            (t, k, clause)
            for t, lead in enumerate(leads)
            for k, clause in own_clauses(lead.partition("\n")[0], surfaces[t])
        ]
        out = []
        coded = self._tokenizer.encode_batch([clause for _, _, clause in found])
        for (t, k, clause), encoding in zip(found, coded, strict=True):
            spans: list[tuple[int, int] | None] = [None] * len(surfaces[t])
            spans[k] = _span(clause, surfaces[t][k], encoding.offsets)
            out.append(Chunk(t, False, encoding.ids, tuple(spans), clause=True))
        return out


def _span(chunk: str, surface: str, offsets: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The pieces of a surface's first occurrence in the chunk as a word of its own."""
    start = place(chunk, surface)
    if start < 0:
        return None
    end = start + len(surface)
    inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start and b > a]
    return (inside[0], inside[-1] + 1) if inside else None
