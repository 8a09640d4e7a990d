"""Finds the companies a text names: tickers by form, names by Aho-Corasick, everyday words by rule."""

import hashlib
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ahocorasick_rs import AhoCorasick, MatchKind

from classifier.entities import catalogue
from classifier.entities.catalogue import Entity
from classifier.entities.forms import known_tickers, tickers
from classifier.entities.rules import beside, counts, meant_otherwise, rulebook, vetoed
from classifier.records import ONE
from core.chinese import simplified

SEARCHED_CHARS = 20_000
"""A title and a body are searched up to here; what is named only later is not what the article is about."""
MOST = 12
"""An article that names more companies is a list; the most relevant are kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """A company in a text. `surface`: as first written there; `relevance` in 1/10,000."""

    entity: str
    name: str
    surface: str
    relevance: int


def relevance(starts: Sequence[int], title_chars: int) -> int:
    """From where (in characters, title first) and how often a company is named, in 1/10,000.

    In the title 0.6 to 0.9, the earlier the more; in the body alone 0.5 and falling with depth; every further
    occurrence adds 0.05, up to four.

    >>> relevance([0], 40), relevance([300], 40), relevance([0, 50, 90], 40)
    (9000, 3704, 10000)
    """
    first = min(starts)
    if first < title_chars:
        base = 0.6 + 0.3 * (1 - first / title_chars)
    else:
        base = 0.5 * math.exp(-first / 1000)
    return round(ONE * min(1.0, base + 0.05 * min(4, len(starts) - 1)))


class Linker:
    """Built once from entities; `find` is pure and fast (tens of microseconds a headline)."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        names: dict[str, tuple[Entity, bool]] = {}
        self._by_id: dict[str, Entity] = {}
        content = hashlib.sha256(rulebook().encode())
        for entity in entities:
            self._by_id.setdefault(entity.id, entity)
            content.update(repr((entity.id, entity.name, entity.aliases, entity.careful)).encode())
            for alias, careful in [(a, False) for a in entity.aliases] + [(c, True) for c in entity.careful]:
                if len(alias) >= 2:
                    names.setdefault(simplified(alias.lower()), (entity, careful))
        self._patterns = list(names)
        self._meaning = [names[p] for p in self._patterns]
        self._search = AhoCorasick(self._patterns, matchkind=MatchKind.Standard)
        self.digest = content.hexdigest()[:12]
        """Of the companies and rules: another list or rule, another digest. Part of what makes a score repeatable."""

    def find(self, title: str, body: str = "") -> list[Found]:
        """Return the companies named, most relevant first (ties by first place, then id); at most MOST."""
        title = title[:SEARCHED_CHARS]
        text = f"{title}\n{body[:SEARCHED_CHARS]}"
        taken: list[tuple[int, int, str, Entity | None]] = [
            (start, end, entity, self._by_id.get(entity)) for entity, start, end in tickers(text)
        ]
        taken += [
            (start, end, entity, self._by_id[entity])
            for entity, start, end in known_tickers(text, self._by_id)
            if not any(start < e and s < end for s, e, _, _ in taken)
        ]
        for start, end, entity in self._named(simplified(text)):
            if not any(start < e and s < end for s, e, _, _ in taken):
                taken.append((start, end, entity.id, entity))
        starts: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for start, end, entity_id, _ in taken:
            starts[entity_id].append((start, end))
        found = []
        for entity_id, places in starts.items():
            start, end = min(places)
            known = self._by_id.get(entity_id)
            name = known.name if known else entity_id.partition(":")[2]
            score = relevance([s for s, _ in places], len(title) if title else 0)
            found.append((-score, start, Found(entity_id, name, text[start:end], score)))
        return [f for _, _, f in sorted(found, key=lambda item: (*item[:2], item[2].entity))][:MOST]

    def _named(self, text: str) -> list[tuple[int, int, Entity]]:
        """Names that stand as words, longest first where they overlap, everyday words by rule."""
        folded = text.lower()
        if len(folded) != len(text):  # a few letters grow when lowered; then places would not fit
            folded = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        matches = self._search.find_matches_as_indexes(folded, overlapping=True)
        kept: list[tuple[int, int, Entity]] = []
        unsure: list[tuple[int, int, Entity]] = []
        for index, start, end in sorted(matches, key=lambda m: (m[1] - m[2], m[1])):
            entity, careful = self._meaning[index]
            pattern = self._patterns[index]
            if any(start < e and s < end for s, e, _ in kept) or not _stands(
                text, start, end, pattern, careful
            ):
                continue
            if not careful and meant_otherwise(pattern, text, start, end):
                continue
            if careful and not counts(pattern, text, start, end):
                if not vetoed(pattern, text, start, end):
                    unsure.append((start, end, entity))
                continue
            kept.append((start, end, entity))
        for start, end, entity in unsure:
            if any(beside(text, end, s) or beside(text, e, start) for s, e, _ in kept):
                kept.append((start, end, entity))
        return kept


def _stands(text: str, start: int, end: int, pattern: str, careful: bool) -> bool:
    """True if text[start:end] is a word by itself and is written as a name.

    Chinese has no word boundaries; a Latin name needs them and a capital letter (or all of the text in small
    letters), and one of up to three letters needs exactly its capitals (a careful one only its first: Gap).
    """
    surface = text[start:end]
    if not surface.isascii():
        latin_tail = surface[-1].isascii() and surface[-1].isalnum()
        return not (latin_tail and end < len(text) and text[end].isascii() and text[end].isalnum())
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    if (before.isascii() and (before.isalnum() or before in "$#@")) or (after.isascii() and after.isalnum()):
        return False
    if len(pattern) <= 3:
        return surface.isupper() or surface[0].isdigit() or (careful and surface[0].isupper())
    return any(c.isupper() for c in surface) or (
        len(pattern) >= 6 and not any(c.isupper() for c in text[:200])
    )


@lru_cache(maxsize=4)
def build(lists: tuple[Path, ...] = ()) -> Linker:
    """Return a linker over `lists` (user's and imported ones; earlier wins) and the built-in companies.

    Raises ConfigError for a list that cannot be read.
    """
    return Linker(
        catalogue.merged([*(catalogue.of_list(p) for p in lists), catalogue.of_yaml(catalogue.BUILTIN)])
    )


def default_linker(own: Sequence[Path] = ()) -> Linker:
    """The built-in companies, and lists: `own` first, then those of $NEWSQUAKE_ENTITIES_LISTS (written as PATH is)."""
    named = os.environ.get("NEWSQUAKE_ENTITIES_LISTS", "")
    return build((*own, *(Path(p) for p in named.split(os.pathsep) if p)))
