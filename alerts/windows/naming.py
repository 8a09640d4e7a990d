"""Which series an article belongs to (docs/windows.md: `base['/topic:'TOPIC]['@'language]`).

Every article: `all`, its source, its topics, its companies, each also per language. Company×topic series exist for
watch-lists, and where a rule asks for them by name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Container
from functools import lru_cache

from alerts.windows.series import COMPANY, LANGUAGE
from core.records import TOPICS, ScoredArticle

MIN_RELEVANCE = 1_000
"""A company of lower relevance (1/10,000) is named in passing: the article is not counted for it."""

_KNOWN = frozenset(TOPICS)
_UNSAFE = re.compile(r"[\s@\x00-\x1f]+")
_LONGEST = 160


Name = tuple[str, int]
"""A series of the article, and the index of the mention whose sentiment it takes (-1: the article's own)."""


def names(
    scored: ScoredArticle,
    watched: Container[str] = (),
    wanted: Callable[[str], bool] | None = None,
) -> list[Name]:
    """Return the article's series, each once. Unknown topics, malformed entities and languages give none.

    `watched`: entities that have company×topic series. `wanted(series)`: whether a rule asks for a further one;
    None: none does.
    """
    found: dict[str, int] = {"all": -1}
    topics = sorted(t for t, p in scored.topics.items() if t in _KNOWN and p >= scored.topic_threshold)
    for topic in topics:
        found[f"topic:{topic}"] = -1
    for index, mention in enumerate(scored.mentions):
        if mention.relevance < MIN_RELEVANCE or not _is_entity(mention.entity):
            continue
        base = sys.intern(f"entity:{mention.entity}")
        found.setdefault(base, index)
        if wanted is None and mention.entity not in watched:
            continue
        for topic in topics:
            name = f"{base}/topic:{topic}"
            if mention.entity in watched or (wanted is not None and wanted(name)):
                found.setdefault(name, index)
    language = scored.language or scored.article.language
    if _is_language(language):
        for name, index in list(found.items()):
            found[sys.intern(f"{name}@{language}")] = index
    found[_series_of(scored.article.source)] = -1
    return [name for name in found.items() if len(name[0]) <= _LONGEST]


@lru_cache(maxsize=1_000)
def _series_of(source: str) -> str:
    return f"source:{_UNSAFE.sub('_', source)}"[:_LONGEST]


@lru_cache(maxsize=20_000)
def _is_entity(name: str) -> bool:
    return COMPANY.fullmatch(name) is not None


@lru_cache(maxsize=1_000)
def _is_language(name: str) -> bool:
    return LANGUAGE.fullmatch(name) is not None
