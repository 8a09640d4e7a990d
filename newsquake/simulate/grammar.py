"""Templates, compiled once: `{fact}` is the same in all articles of a story, `[a|b|]` is drawn for each article.

A compiled template is a function story -> text. Compiling turns the template into one %-format and the functions
that fill it, so that writing a line costs a few microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from newsquake.simulate.world import Pair


class TemplateContext(Protocol):
    """What a template is filled from: a story."""

    draw: Callable[[], float]

    def fact(self, name: str) -> Pair: ...


Writer = Callable[[TemplateContext], str]
_FACT = re.compile(r"\{(\w+)\}")


def compile_template(template: str, language: int, known: set[str]) -> Writer:
    """The writer of `template` in language 0 (English) or 1 (Chinese). Raises ValueError for an unknown fact."""
    parts: list[str] = []
    fills: list[Writer] = []
    for literal, choice in _split(template):
        at = 0
        for match in _FACT.finditer(literal):
            if match[1] not in known:
                raise ValueError(f"unknown fact {match[1]!r} in {template!r}")
            parts += [literal[at : match.start()].replace("%", "%%"), "%s"]
            fills.append(_fact(match[1], language))
            at = match.end()
        parts.append(literal[at:].replace("%", "%%"))
        if choice is not None:
            parts.append("%s")
            fills.append(_choice([compile_template(option, language, known) for option in choice]))
    pattern = "".join(parts)
    if not fills:
        text = pattern.replace("%%", "%")
        return lambda story: text
    if len(fills) == 1:
        [fill] = fills
        return lambda story: pattern % fill(story)
    return lambda story: pattern % tuple([fill(story) for fill in fills])


def _fact(name: str, language: int) -> Writer:
    return lambda story: story.fact(name)[language]


def _choice(options: Sequence[Writer]) -> Writer:
    count = len(options)
    return lambda story: options[int(story.draw() * count)](story)


def _split(template: str) -> list[tuple[str, list[str] | None]]:
    """(literal, options of the choice that follows or None), in order. Choices do not nest."""
    pieces: list[tuple[str, list[str] | None]] = []
    at = 0
    while (start := template.find("[", at)) >= 0:
        end = template.index("]", start)
        pieces.append((template[at:start], template[start + 1 : end].split("|")))
        at = end + 1
    pieces.append((template[at:], None))
    return pieces


def lines(block: str) -> tuple[list[str], list[str]]:
    """(headlines, sentences of the text) of a block: sentences start with `>`."""
    rows = [line.strip() for line in block.splitlines() if line.strip()]
    return [row for row in rows if row[0] != ">"], [row[1:].strip() for row in rows if row[0] == ">"]
