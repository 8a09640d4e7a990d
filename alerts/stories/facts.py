"""What a text states that can be compared: names, numbers and words, the same in English and Chinese.

Two texts that state different numbers, companies, places or months tell different stories, however alike they
sound; the headlines of 1987 repeat themselves. Numbers are compared by their digits alone, so that 2 billion and
20亿 are equal.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable
from functools import cache, lru_cache
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
_REPORT = frozenset(
    """corp inc co ltd plc group and st nd rd th qtr year shr net loss profit oper cts vs dlrs mln bln pct sets quarte
    payout divide qtly div regula sales revs first second third fourth jan feb march april may june july aug sept oct
    nov dec months mths results raises cuts lowers ups crude oil prices price posted postin bbl up down
    """.split()  # noqa: SIM905
)
"""Stems of titles' words that name nobody."""
_NOTHING: frozenset[str] = frozenset()
_STEMS: dict[str, str] = {}
"""Of words met before; "" of dull ones."""
_SETS: dict[frozenset[str], frozenset[str]] = {}
_MOST_KEPT = 100_000
MOST_NUMBERS = 24
SOFT = frozenset(("act", "level", "theme", "who", "fx"))
"""What happened, and by whose doing, is told in other words by others: these kinds support, and contradict nothing."""
LEAD = 600
"""Characters of a body that are looked at: what happened stands at the head."""


BRIEF = 200
"""A body of so many characters is a headline's at most."""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """Of one article. As many are kept as there are open stories: what is alike is kept once."""

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
    """`kind:name` of what a lower-case text names.

    >>> sorted(named_in("u.s. crude falls in june")), sorted(named_in("11月印度原油"))
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
    return once(found)


def digits(text: str) -> frozenset[str]:
    """The numbers of a lower-case text, each as its digits without zeros at either end.

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
    """Stems of the English words and pairs of the Chinese characters of a lower-case text, sorted.

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


def once(found: Iterable[str]) -> frozenset[str]:
    """The set that was the first to be equal to this one: most stories name what others named."""
    named = frozenset(found)
    if len(_SETS) > _MOST_KEPT:
        _SETS.clear()
    return _SETS.setdefault(named, named)


def facts_of(title: str, body: str, entities: Iterable[str]) -> Facts:
    """The facts of an article; where it has no title, the first sentence or so stands for it."""
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
        entities=once(entities),
        brief=len(body) <= BRIEF,
    )


@lru_cache(maxsize=20_000)
def by_kind(named: frozenset[str]) -> dict[str, frozenset[str]]:
    """Named things by their kind. Asked for again and again of an open story."""
    kinds: dict[str, set[str]] = {}
    for name in named:
        kinds.setdefault(name[: name.index(":")], set()).add(name)
    return {kind: frozenset(names) for kind, names in kinds.items()}


def conflict(a: Facts, b: Facts, retold: bool = False) -> bool:
    """Whether the two state different ones of a kind, where both state any. `retold`: another title for one text may
    state another of its numbers."""
    if a.entities and b.entities and not a.entities & b.entities:
        return True
    if (
        a.numbers
        and b.numbers
        and not a.numbers & b.numbers
        and not (retold and (a.numbers & b.more_numbers or b.numbers & a.more_numbers))
    ):
        return True
    if (
        min(len(a.more_numbers), len(b.more_numbers)) >= 3
        and containment(a.more_numbers, b.more_numbers) < 0.5
    ):
        return True
    if a.named == b.named or not a.named or not b.named:
        return False
    mine, other = by_kind(a.named), by_kind(b.named)
    return any(kind not in SOFT and not mine[kind] & other[kind] for kind in mine.keys() & other.keys())


def alike_but_for_names(a: Facts, b: Facts) -> bool:
    """Whether what the two titles share is the words of a report that every company files, and no name.

    >>> titles = "UNISYS CORP 3RD QTR SHR 65 CTS VS 34 CTS", "SOUTHERN CORP 3RD QTR SHR 75 CTS VS 67 CTS"
    >>> alike_but_for_names(*(facts_of(title, "", ()) for title in titles))
    True
    """
    mine, other = set(a.words) - _REPORT, set(b.words) - _REPORT
    return bool(mine and other) and 2 * len(mine & other) < min(len(mine), len(other))


def containment(a: Collection[str], b: Collection[str]) -> float:
    """Share of the smaller set that the larger one holds; each has a word once."""
    least = min(len(a), len(b))
    return len(set(a).intersection(b)) / least if least else 0.0
