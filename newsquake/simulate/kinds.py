"""The kinds of event that the simulated newswire writes about, compiled from news.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from newsquake.simulate.facts import FACTS
from newsquake.simulate.grammar import Writer, compile_template, lines
from newsquake.simulate.world import Tone, load_yaml


@dataclass(frozen=True, slots=True, eq=False)
class EventKind:
    """What happens: its topics and tone, and per language the writers of headlines and sentences."""

    name: str
    topics: tuple[str, ...]
    tone: Tone
    about_company: bool
    weight: float
    sectors: frozenset[str]
    titles: tuple[tuple[Writer, ...], tuple[Writer, ...]]
    leads: tuple[tuple[Writer, ...], tuple[Writer, ...]]


def compile_kind(name: str, item: dict[str, Any], languages: Sequence[str] = ("en", "zh")) -> EventKind:
    """A kind from its YAML. Raises ValueError for a template that names an unknown fact."""
    parts = [lines(item[language]) for language in languages]
    titles, leads = (
        tuple(
            tuple(compile_template(row, language_index, set(FACTS)) for row in part[which])
            for language_index, part in enumerate(parts)
        )
        for which in (0, 1)
    )
    return EventKind(
        name=name,
        topics=tuple(item["topics"]),
        tone=item.get("tone", "negative"),
        about_company=item.get("about", "company") == "company",
        weight=item.get("weight", 1.0),
        sectors=frozenset(item.get("sectors", ())),
        titles=(titles[0], titles[1]),
        leads=(leads[0], leads[1]),
    )


KINDS = tuple(compile_kind(name, item) for name, item in load_yaml("news.yaml").items())
