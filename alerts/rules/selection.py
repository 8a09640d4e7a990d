"""The series that a rule can ever watch, where its text alone determines them.

Determined are the taxonomy's topics (core/records.py), the companies of a watch-list and, for a rule that decides by
sector, those of its sectors; and any name written out. Companies, sources and languages behind a glob are unbounded. So
the number follows from the rule's version and the taxonomy, not from the news so far: a restart or a replay finds the
same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product
from math import prod

from alerts.windows.globs import glob_regex
from core.records import TOPICS

_MOST = 10_000
"""Alternatives of one glob (braces multiply) beyond which it counts as unbounded."""
_GLOB = frozenset("*?")


def names(globs: Iterable[str], entities: Iterable[str] = ()) -> frozenset[str] | None:
    """Return all series that `globs` match, companies behind a glob being among `entities`; None: unbounded.

    >>> sorted(names(["all", "topic:{energy,crypto}@zh"]))
    ['all', 'topic:crypto@zh', 'topic:energy@zh']
    >>> len(names(["topic:*"])), names(["entity:*"]), sorted(names(["entity:US:*"], ["US:F", "HK:00700"]))
    (19, None, ['entity:US:F'])
    """
    known, found = tuple(entities), set[str]()
    for glob in globs:
        parts = [part.split(",") if at % 2 else [part] for at, part in enumerate(re.split(r"[{}]", glob))]
        if prod(map(len, parts)) > _MOST:
            return None
        for plain in map("".join, product(*parts)):
            some = _of(plain, known)
            if some is None:
                return None
            found.update(some)
    return frozenset(found)


def _of(glob: str, entities: tuple[str, ...]) -> Iterator[str] | None:
    """Return the series of a glob without braces; None: unbounded."""
    if "**" in glob:
        return None
    whole, at, language = glob.partition("@")
    base, slash, topic = whole.partition("/topic:")
    kind, _, which = base.partition(":")
    if _GLOB & {*kind, *language}:
        return None
    bases = [base]
    if _GLOB & {*which}:
        if kind == "topic":
            bases = [f"topic:{name}" for name in _among(which, TOPICS)]
        elif kind == "entity" and entities:
            bases = [f"entity:{name}" for name in _among(which, entities)]
        else:
            return None
    topics = _among(topic, TOPICS) if _GLOB & {*topic} else [topic]
    return (f"{one}{slash}{sub}{at}{language}" for one in bases for sub in topics)


def _among(glob: str, known: Iterable[str]) -> list[str]:
    fits = glob_regex(glob).fullmatch
    return [name for name in known if fits(name)]
