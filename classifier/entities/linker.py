"""Finds the companies a text names: tickers by form, names by Aho-Corasick, everyday words by rule."""

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from ahocorasick_rs import AhoCorasick, MatchKind

from classifier.entities import forms, lists, words
from classifier.entities.entity import Entity
from classifier.entities.fold import bare, folded
from classifier.entities.forms import known_tickers
from classifier.entities.lists import Lists
from classifier.entities.rules import (
    beside,
    counts,
    counts_strictly,
    has_rule,
    joined,
    meant_otherwise,
    rulebook,
    vetoed,
    within_a_name,
)
from classifier.records import UNIT_SCALE

SEARCHED_CHARS = 20_000
"""A title and a body are searched up to here; what is named only later is not what the article is about."""
MOST = 12
"""An article that names more companies is a list; the most relevant are kept."""


_CAREFUL, _STRICT = 1, 2
"""What a name needs: company words near it, or right beside it."""
_CAPITAL: Final = re.compile(r"[A-Z]")


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
    return round(UNIT_SCALE * min(1.0, base + 0.05 * min(4, len(starts) - 1)))


class Linker:
    """Built once from entities; `find` is pure and fast (tens of microseconds a headline)."""

    def __init__(self, entities: Iterable[Entity], origin: str = "") -> None:
        names: dict[str, tuple[Entity, int]] = {}
        self._by_id: dict[str, Entity] = {}
        content = hashlib.sha256((rulebook() + forms.written()).encode())
        for entity in entities:
            self._by_id.setdefault(entity.id, entity)
            content.update(repr(entity).encode())
            for need, surfaces in enumerate((entity.aliases, entity.careful, entity.strict)):
                for alias in surfaces:
                    if len(alias) >= 2:
                        names.setdefault(folded(alias.lower()), (entity, need))
        self._patterns = list(names)
        self._meaning = [names[p] for p in self._patterns]
        self._lone = frozenset(
            i
            for i, (p, (_, need)) in enumerate(zip(self._patterns, self._meaning, strict=True))
            if need == _CAREFUL and p.isascii() and " " not in p and not has_rule(p)
        )
        """Single words of lists, that may be a part of any other name."""
        self._spoken = words.english() | {p for p in self._patterns if p.isascii() and 4 <= len(p) <= 5}
        self._bare = frozenset(e.id for e in self._by_id.values() if e.aliases)
        self._search = AhoCorasick(self._patterns, matchkind=MatchKind.Standard)
        self.origin = origin
        """One line: how many companies are looked for, and where they are from."""
        self.digest = content.hexdigest()[:12]
        """Of the companies and rules: another list or rule, another digest. Part of what makes a score repeatable."""

    def find(self, title: str, body: str = "") -> list[Found]:
        """Return the companies named, most relevant first (ties by first place, then id); at most MOST."""
        title = bare(title[:SEARCHED_CHARS])
        text = f"{title}\n{bare(body[:SEARCHED_CHARS])}"
        plain = folded(text)
        taken: list[tuple[int, int, str]] = []
        spoken_for: list[tuple[int, int]] = []
        for entity_id, start, end, since in forms.explicit_tickers(plain):
            taken.append((start, end, entity_id))
            spoken_for.append((since, end))
        for entity_id, start, end in known_tickers(plain, self._by_id, self._bare, self._spoken):
            if not any(start < e and s < end for s, e in spoken_for):
                taken.append((start, end, entity_id))
                spoken_for.append((start, end))
        for start, end, entity in self._named(plain):
            if not any(start < e and s < end for s, e in spoken_for):
                taken.append((start, end, entity.id))
        starts: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for start, end, entity_id in taken:
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
        folded_text = text.lower()
        if len(folded_text) != len(text):  # a few letters grow when lowered; then places would not fit
            folded_text = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        matches = self._search.find_matches_as_indexes(folded_text, overlapping=True)
        if not matches:
            return []
        small = not _CAPITAL.search(text, 0, 200)
        kept: list[tuple[int, int, Entity]] = []
        unsure: list[tuple[int, int, Entity]] = []
        for index, start, end in sorted(matches, key=lambda m: (m[1] - m[2], m[1])):
            entity, need = self._meaning[index]
            pattern = self._patterns[index]
            if any(start < e and s < end for s, e, _ in kept) or not _stands(
                text, start, end, pattern, need, small
            ):
                continue
            if joined(pattern, text, start, end) or (index in self._lone and within_a_name(text, start, end)):
                continue
            if need == _STRICT:
                if not counts_strictly(text, start, end):
                    continue
            elif not need and meant_otherwise(pattern, text, start, end):
                continue
            elif need and not counts(pattern, text, start, end):
                if not vetoed(pattern, text, start, end):
                    unsure.append((start, end, entity))
                continue
            kept.append((start, end, entity))
        for start, end, entity in unsure:
            if any(beside(text, end, s) or beside(text, e, start) for s, e, _ in kept):
                kept.append((start, end, entity))
        return kept


def _stands(text: str, start: int, end: int, pattern: str, need: int, small: bool) -> bool:
    """True if text[start:end] is a word by itself and is written as a name; `small`: the text has no capitals.

    Chinese has no word boundaries; a Latin name needs them and a capital letter (or to be no other word: tesla), and
    one of up to three letters needs exactly its capitals (a careful one only its first: Gap).
    """
    surface = text[start:end]
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    if not surface.isascii():
        latin_tail = surface[-1].isascii() and surface[-1].isalnum()
        return not (latin_tail and after.isascii() and after.isalnum())
    if (before.isascii() and (before.isalnum() or before in "$#@_")) or (after.isascii() and after.isalnum()):
        return False
    if pattern[0].isdigit() and before in ".,$":  # $3.3M
        return False
    if len(pattern) <= 3:
        if before == "-" and not text[start - 2 : start - 1].isdigit():  # START-UPS
            return False
        return surface.isupper() or surface[0].isdigit() or (need == _CAREFUL and surface[0].isupper())
    if _CAPITAL.search(surface):
        return True
    if need == _CAREFUL:
        return True  # in small letters only with a share's word right behind it (rules.py)
    if need or len(pattern) < 5:
        return False
    return (small and len(pattern) >= 6) or (" " not in pattern and not words.everyday(pattern))


@lru_cache(maxsize=4)
def _linker(of: Lists) -> Linker:
    entities = lists.companies(of)
    return Linker(entities, lists.told(of, entities))


def build(named: tuple[Path, ...] = ()) -> Linker:
    """Return a linker over the lists `named` and the built-in companies, and no others.

    Raises ConfigError for a list that cannot be read.
    """
    return _linker(lists.chosen((*named, Path(lists.NONE))))


def default_linker(named: Sequence[Path] = ()) -> Linker:
    """The linker of every command and worker: lists `named`, of the environment, else those at hand (lists.py)."""
    return _linker(lists.chosen(named))
