"""Names of series, and the globs by which rules and silences choose them.

A series is `base['/topic:'TOPIC]['@'language]`, its base `all`, `topic:TOPIC`, `entity:COUNTRY:TICKER` or
`source:NAME`. Alerts of outages stand under `outage:SOURCE` (alerts/outages.py), which no window rule watches. In a
glob `*` stands for anything but `/` and `@`, so that `entity:*` means companies in all languages together and not
their topics or languages; `**` stands for anything, `?` for one character, `{a,b}` for a or b.
"""

from __future__ import annotations

import re
from functools import lru_cache

from core.records import TOPICS

_PLAIN = re.compile(r"[^*?{},]+")
_SHAPE = re.compile(
    r"(all|topic:[^/@\s]+|entity:[^/@\s]+|source:[^@\s]+|outage:[^@\s]+|\*{1,2}[^\s]*|\{[^\s]+\}[^\s]*)"
    r"(/topic:[^/@\s]+)?(@[^/@\s]+)?$"
)


@lru_cache(maxsize=4096)
def glob_regex(glob: str) -> re.Pattern[str]:
    """The glob as a regular expression for the whole name. Raises ValueError, in words, for a bad glob.

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
            while glob.startswith("*", at + 1):  # any more of them say nothing more
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


_MOST_STARS = 4
"""Each further one multiplies the steps of a match by the length of the name: eight stand still for minutes."""


def plain_glob(glob: str) -> re.Pattern[str]:
    """`glob_regex` of what a person writes now: one that would take for ever to match is refused. Raises ValueError."""
    pattern = glob_regex(glob)
    stars = 0
    for at, part in enumerate(re.split(r"[{}]", re.sub(r"\*+", "*", glob))):
        stars += max(one.count("*") for one in part.split(",")) if at % 2 else part.count("*")
    if stars > _MOST_STARS:
        raise ValueError(f"bad glob {glob!r:.80}: more than {_MOST_STARS} stars take too long to match")
    return pattern


def check_glob(glob: str) -> str:
    """The glob, if it can name a series. Raises ValueError in words."""
    if not glob or len(glob) > 400:
        raise ValueError("bad glob: expected the name of a series, such as topic:*, entity:US:AAPL or all")
    pattern = plain_glob(glob)
    if pattern.fullmatch("all"):
        return glob
    if not _SHAPE.fullmatch(glob):
        raise ValueError(
            f"bad glob {glob!r}: expected all, topic:…, entity:COUNTRY:TICKER or source:…, "
            "then perhaps /topic:… and @language"
        )
    for part in re.findall(r"(?:^|/)topic:([^/@]+)", glob):
        topic = glob_regex(part)
        if not any(topic.fullmatch(name) for name in TOPICS):
            raise ValueError(f"bad glob {glob!r}: no topic is called {part!r}; known: {', '.join(TOPICS)}")
    return glob


def union(globs: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for any of the globs; of none, it matches nothing."""
    return re.compile("|".join(f"(?:{glob_regex(glob).pattern})" for glob in globs) if globs else r"(?!)")


def base_of(series: str) -> str:
    """`entity:US:AAPL` of `entity:US:AAPL/topic:energy@en`."""
    return series.split("@", 1)[0].split("/topic:", 1)[0]


def entity_of(series: str) -> str:
    """`US:AAPL` of `entity:US:AAPL/topic:energy@en`; empty where the series is no company's."""
    base = base_of(series)
    return base.removeprefix("entity:") if base.startswith("entity:") else ""


def topic_of(series: str) -> str:
    """The topic in a series' name; empty where there is none."""
    name = series.split("@", 1)[0]
    head, _, tail = name.rpartition("topic:")
    return tail if (head == "" or head.endswith("/")) and tail != name else ""


def language_of(series: str) -> str:
    """The language in a series' name; empty: all together."""
    return series.partition("@")[2]
