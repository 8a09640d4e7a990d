"""Validation of immediate rules: those that could never fire, for a company or a language that no article can have.

`entities` are globs over companies' names alone (US:JPM), where `series` are over whole series
(entity:US:JPM/topic:energy).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from alerts.rules.schema import RulesFile
from alerts.rules.schema_entries import ImmediateEntry
from alerts.windows.globs import choices, names_company
from core.records import TOPICS
from core.text.language import normalize_tag


def faults(file: RulesFile) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield (path in the file, message with what to write instead)."""
    for at, entry in enumerate(file.immediate):
        yield from _entities(("immediate", at, "entities"), entry)
        for place, language in enumerate(entry.languages):
            code = normalize_tag(language)
            if code != language:
                write = f": write {code}" if code else " (ISO 639)"
                yield (
                    ("immediate", at, "languages", place),
                    f"expected a language's code, such as en or zh, got {language!r:.80}{write}",
                )


def _entities(where: tuple[Any, ...], entry: ImmediateEntry) -> Iterator[tuple[tuple[Any, ...], str]]:
    for place, glob in enumerate(entry.entities):
        if not any(names_company(one) for one in choices(glob)):
            expected = "expected companies such as US:JPM, or a glob over them such as US:*"
            yield (*where, place), f"{expected}, got {glob!r:.80}{_suggestion(glob)}"


def _suggestion(glob: str) -> str:
    """Return `: write …` where the intended keys are plain, else an empty text."""
    company, _, language = glob.partition("@")
    company, slash, topic = company.partition("/")
    company = company.removeprefix("entity:")
    if company.startswith("topic:"):
        company, slash, topic = "", "/", company
    keys = []
    if company and any(names_company(one) for one in choices(company)):
        keys.append(f'entities: ["{company}"]')
    elif re.fullmatch(r"[A-Za-z]{2}", company):
        keys.append(f'entities: ["{company.upper()}:*"] (a country\'s companies)')
    elif re.fullmatch(r"[A-Za-z0-9.\-]+", company):
        keys.append(f'entities: ["US:{company.upper()}"] (country and ticker)')
    elif names_company(company.upper()):
        keys.append(f'entities: ["{company.upper()}"]')
    if slash and topic.removeprefix("topic:") in TOPICS:
        keys.append(f"topics: [{topic.removeprefix('topic:')}]")
    if language:
        keys.append(f"languages: [{normalize_tag(language) or 'en'}]")
    return f": write {' and '.join(keys)}" if keys else ""
