"""The tables of words: everyday words that names are made of, and what must not stand beside a name."""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

_EVERYDAY: Final = Path(__file__).with_name("everyday.yaml")
_BOUNDS: Final = Path(__file__).with_name("bounds.yaml")
_WORD: Final = re.compile(r"[a-z]+")


def _read(path: Path) -> dict[str, Any]:
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {str(key): value for key, value in loaded.items()}


@lru_cache(1)
def english() -> frozenset[str]:
    """English words, and names of places, that say nothing of a company."""
    return frozenset(_read(_EVERYDAY)["english"].split())


@lru_cache(1)
def chinese() -> frozenset[str]:
    """Names of Chinese companies that are words, places or other bodies too."""
    return frozenset(_read(_EVERYDAY)["chinese"].split())


def everyday(name: str) -> bool:
    """Whether `name` is made of everyday words alone.

    >>> everyday("First Financial"), everyday("Wayfair"), everyday("机器人"), everyday("驰宏锌锗")
    (True, False, True, False)
    """
    if not name.isascii():
        return name in chinese()
    parts = _WORD.findall(name.lower().replace("'s", ""))
    return all(len(part) <= 2 or part in english() for part in parts)


@lru_cache(1)
def bounds() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """{name: (what must not end right before it, what must not begin right behind it)}, in small letters."""

    def texts(listed: Sequence[object]) -> tuple[str, ...]:
        return tuple(str(one).lower() for one in listed)

    return {
        name.lower(): (texts(sides.get("after", ())), texts(sides.get("before", ())))
        for name, sides in _read(_BOUNDS).items()
    }


def written() -> str:
    """Both tables' text: what a change of them changes."""
    return _EVERYDAY.read_text(encoding="utf-8") + _BOUNDS.read_text(encoding="utf-8")
