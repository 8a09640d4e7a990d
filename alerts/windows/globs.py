"""Globs by which rules and silences choose series (alerts/windows/series.py says what a series is called).

`*` stands for anything but `/` and `@`, so that `entity:*` means companies in all languages together and not their
topics or languages; `**` stands for anything, `?` for one character, `{a,b}` for a or b.
"""

from __future__ import annotations

import re
from functools import lru_cache

from alerts.windows.series import COMPANY, LANGUAGE, topic_of
from core.records import TOPICS

_PLAIN = re.compile(r"[^*?{},]+")
_SHAPE = re.compile(
    r"(all|topic:[^/@\s]+|entity:[^/@\s]+|source:[^@\s]+|outage:[^@\s]+|\*{1,2}[^\s]*|\{[^\s]+\}[^\s]*)"
    r"(/topic:[^/@\s]+)?(@[^/@\s]+)?$"
)
_BEGINS = re.compile(r"([A-Z][A-Z0-9]{0,7}(:[\w.\-]*)?)?", re.ASCII)
"""What may stand before the first wildcard of a glob over companies."""
_WILD = re.compile(r"[*?]")
_ACROSS = re.compile(r"\{[^}]*[/@]")
"""Braces that hold more than a piece of one part of a name."""


@lru_cache(maxsize=4096)
def glob_regex(glob: str) -> re.Pattern[str]:
    """Return the glob as a regular expression for the whole name. Raises ValueError, in words, for a bad glob.

    >>> companies = glob_regex("entity:*")
    >>> bool(companies.fullmatch("entity:US:AAPL")), bool(companies.fullmatch("entity:US:AAPL@zh"))
    (True, False)
    """
    out: list[str] = []
    depth = at = 0
    while at < len(glob):
        char = glob[at]
        if glob.startswith("**", at):
            out.append(".*")
            while glob.startswith("*", at + 1):  # any more of them add nothing
                at += 1
        elif char == "*":
            out.append("[^/@]*")
        elif char == "?":
            out.append("[^/@]")
        elif char == "{":
            depth += 1
            if depth > 1:
                raise ValueError(f"bad glob {glob!r}: braces within braces")
            out.append("(?:")
        elif char == "}":
            depth -= 1
            if depth < 0:
                raise ValueError(f"bad glob {glob!r}: a }} without its {{")
            out.append(")")
        elif char == "," and depth:
            out.append("|")
        else:
            out.append(re.escape(char))
        at += 1
    if depth:
        raise ValueError(f"bad glob {glob!r}: a {{ without its }}")
    return re.compile("".join(out))


def matches(glob: str, name: str) -> bool:
    """Return whether `glob` matches the whole of a name. Raises ValueError for a bad glob."""
    return glob_regex(glob).fullmatch(name) is not None


_MOST_STARS = 4
"""Each further one multiplies the steps of a match by the length of the name: eight take minutes."""


def plain_glob(glob: str) -> re.Pattern[str]:
    """Return `glob_regex(glob)`. Raises ValueError also for a glob with so many stars that matching takes minutes."""
    pattern = glob_regex(glob)
    stars = 0
    for at, part in enumerate(re.split(r"[{}]", re.sub(r"\*+", "*", glob))):
        stars += max(one.count("*") for one in part.split(",")) if at % 2 else part.count("*")
    if stars > _MOST_STARS:
        raise ValueError(f"bad glob {glob!r:.80}: more than {_MOST_STARS} stars take too long to match")
    return pattern


def check_glob(glob: str) -> str:
    """Return the glob if it can match the name of a series. Raises ValueError, in words, if not."""
    if not glob or len(glob) > 400:
        raise ValueError("bad glob: expected the name of a series, such as topic:*, entity:US:AAPL or all")
    pattern = plain_glob(glob)
    if pattern.fullmatch("all"):
        return glob
    # Braces may choose between whole parts of a name, as {all@en,topic:energy} does: then each choice is looked at.
    ones = choices(glob) if _ACROSS.search(glob) else [glob]
    if not any(_SHAPE.fullmatch(one) for one in (glob, *ones)):
        raise ValueError(
            f"bad glob {glob!r}: expected all, topic:…, entity:COUNTRY:TICKER or source:…, "
            "then perhaps /topic:… and @language"
        )
    said = [_never(one) for one in ones]
    if all(said):
        raise ValueError(f"bad glob {glob!r}: {said[0]}")
    return glob


def _never(glob: str) -> str:
    """Return why no series can have such a name (alerts/windows/naming.py); "" where one can or that is not clear."""
    for part in re.findall(r"(?:^|/)topic:([^/@]+)", glob):
        topic = glob_regex(part)
        if not any(topic.fullmatch(name) for name in TOPICS):
            return f"no topic is called {part!r}; known: {', '.join(TOPICS)}"
    base, _, language = glob.partition("@")
    if base.startswith("entity:"):
        company, deep, _ = base.removeprefix("entity:").partition("/")[0].partition("**")
        company += deep  # what follows may be of its topic
        if not any(map(names_company, choices(company))):
            return (
                "expected companies such as entity:US:JPM (country and ticker), or a glob such as entity:US:*"
            )
    elif base.startswith("source:") and language:
        return "what a source says is not split by language"
    elif base.startswith(("all/", "topic:")) and "/topic:" in base:
        return f"only companies are split by topic: write topic:{topic_of(base)}"
    if language and not any(_WILD.search(one) or LANGUAGE.fullmatch(one) for one in choices(language)):
        return f"expected a language's code, such as en or zh, got {language!r}"
    return ""


def names_company(glob: str) -> bool:
    """Return whether the glob, which has no braces, can match the name of a company."""
    if not _WILD.search(glob):
        return COMPANY.fullmatch(glob) is not None
    head = _WILD.split(glob, maxsplit=1)[0]
    rest = re.fullmatch(r"[\w.\-:*?]*", glob) is not None and glob.count(":") <= 1
    return rest and _BEGINS.fullmatch(head) is not None


def choices(glob: str) -> list[str]:
    """Return the glob without braces: one for each choice of its first ones, later ones as `*`.

    >>> choices("US:{JPM,BAC}"), choices("*")
    (['US:JPM', 'US:BAC'], ['*'])
    """
    head, brace, tail = glob.partition("{")
    inside, _, after = tail.partition("}")
    after = re.sub(r"\{[^}]*\}?", "*", after)
    return [head + one + after for one in inside.split(",")] if brace else [glob]


def union(globs: tuple[str, ...]) -> re.Pattern[str]:
    """Return one expression for any of the globs; of none, it matches nothing. Raises ValueError for a bad one."""
    return re.compile("|".join(f"(?:{glob_regex(glob).pattern})" for glob in globs) if globs else r"(?!)")
