"""What a text states that can be compared: names, numbers and words, the same in English and Chinese.

Numbers are compared by their digits alone, so that 2 billion and
20亿 are equal.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec
import yaml
from ahocorasick_rs import AhoCorasick, MatchKind

from core.text.chinese import simplified

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:/\d+)?")
_LATIN = re.compile(r"[a-z][a-z'&]+")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_DULL = frozenset(
    """the a an of to in on for at by and or as is are was were with from its it says said after over into will has
    """.split()  # noqa: SIM905
)
_SPELLED = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "1", "eleven": "11", "twelve": "12", "twenty": "2", "thirty": "3", "forty": "4", "fifty": "5",
}  # fmt: skip
_NOTHING: frozenset[str] = frozenset()
_STEMS: dict[str, str] = {}
"""Of words met before; "" of dull ones."""
_SETS: dict[frozenset[str], frozenset[str]] = {}
_MOST_KEPT = 100_000
MOST_NUMBERS = 24
LEAD = 600
"""Characters of a body that are read: what happened comes first."""
BRIEF = 200
"""A body of at most so many characters is no more than a headline."""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What one article states. Equal values are interned: as many are kept as open stories have representatives."""

    words: tuple[str, ...]
    """Of the title, sorted: stems of English words, pairs of Chinese characters."""
    numbers: frozenset[str]
    """Digits of the title's numbers."""
    more_numbers: frozenset[str]
    """Digits of numbers in title and lead."""
    named: frozenset[str]
    """`kind:name` of what the title names: places, months, indices, goods (alerts/stories/facts.yaml)."""
    entities: frozenset[str]
    brief: bool = False
    """No text beyond a sentence: a flash, whose signature is of its headline alone."""


@cache
def _lexicon() -> tuple[AhoCorasick, list[str], list[tuple[str, ...]]]:
    table = yaml.safe_load((files("alerts.stories") / "facts.yaml").read_text(encoding="utf-8"))
    words: dict[str, tuple[str, ...]] = {}
    for kind, names in table.items():
        for name, listed in names.items():
            meant = () if kind == "none" else (f"{kind}:{name}",)
            for word in listed:
                words[str(word)] = words.get(str(word), ()) + meant
    return AhoCorasick(list(words), matchkind=MatchKind.LeftmostLongest), list(words), list(words.values())


def named_in(text: str) -> frozenset[str]:
    """Return `kind:name` of each place, month, index, good … that a lower-case text names.

    >>> sorted(named_in("u.s. crude in june")), sorted(named_in("11月印度原油"))
    (['good:oil', 'month:m06', 'place:us'], ['good:oil', 'month:m11', 'place:in'])
    """
    finder, words, names = _lexicon()
    found: set[str] = set()
    for index, start, end in finder.find_matches_as_indexes(text):
        word = words[index]
        if word.isascii():
            before, after = text[start - 1 : start], text[end : end + 1]
            if (before.isascii() and before.isalnum()) or (after.isascii() and after.isalnum()):
                continue
        elif word[0].isdigit() and text[start - 1 : start].isdigit():
            continue
        found.update(names[index])
    return interned(found)


def digits(text: str) -> frozenset[str]:
    """Return the numbers of a lower-case text, each as its digits without zeros at either end.

    Only the first MOST_NUMBERS are read.

    >>> sorted(digits("raises 2.50 bln dlrs to 1,200")), sorted(digits("20亿"))
    (['12', '25'], ['2'])
    """
    found: list[str] = []
    for number in _NUMBER.findall(text):
        plain = number.replace(",", "").replace(".", "").replace("/", "").strip("0")
        if plain:
            found.append(plain)
            if len(found) == MOST_NUMBERS:
                break
    return frozenset(found) if found else _NOTHING


def words_of(text: str) -> tuple[str, ...]:
    """Return the distinct words of a lower-case text, sorted; empty where it has none.

    English: the first six letters of each word, without the commonest words; Chinese: each pair of adjacent characters.

    >>> words_of("the fed raises rates"), words_of("央行降息")
    (('fed', 'raises', 'rates'), ('央行', '行降', '降息'))
    """
    return _stems(_LATIN.findall(text), text)


def _stems(latin: list[str], text: str) -> tuple[str, ...]:
    stems = {_stem(word) for word in latin}
    stems.discard("")
    if not text.isascii():
        for run in _HAN.findall(text):
            for at in range(max(1, len(run) - 1)):
                stems.add(sys.intern(run[at : at + 2]))
    return tuple(sorted(stems))


def _stem(word: str) -> str:
    found = _STEMS.get(word)
    if found is None:
        if len(_STEMS) > _MOST_KEPT:
            _STEMS.clear()
        _STEMS[word] = found = "" if word in _DULL else sys.intern(word[:6])
    return found


def interned(found: Iterable[str]) -> frozenset[str]:
    """Return the names as a set; equal sets are interned, since most stories name the same things."""
    named = frozenset(found)
    if len(_SETS) > _MOST_KEPT:
        _SETS.clear()
    return _SETS.setdefault(named, named)


def facts_of(title: str, body: str, entities: Iterable[str]) -> Facts:
    """Return the facts of an article; where it has no title, the first 120 characters of its body stand for it."""
    head = simplified((title or body[:120]).lower())
    numbers = digits(head)
    lead = digits(body[:LEAD].lower()) if body else _NOTHING
    latin = _LATIN.findall(head)
    spelled = [_SPELLED[word] for word in latin if word in _SPELLED]
    return Facts(
        words=_stems(latin, head),
        numbers=numbers.union(spelled) if spelled else numbers,
        more_numbers=numbers | lead if lead else numbers,
        named=named_in(head),
        entities=interned(entities),
        brief=len(body) <= BRIEF,
    )
