"""The page's texts in English and Chinese, from gettext catalogues (locale/LANGUAGE/LC_MESSAGES/dashboard.po).

The English text is the key. Keys that are codes and no text (`30d`, `disposition false`) have their English in the
English catalogue. The .po files are read as they are: there is no compiled copy that could be out of date.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent / "locale"


@lru_cache
def catalogue(language: str) -> dict[str, str]:
    """Key -> text of a language (`en` or `zh`). Raises FileNotFoundError for another."""
    with (LOCALE / language / "LC_MESSAGES" / "dashboard.po").open("rb") as file:
        messages = read_po(file, locale=language, abort_invalid=True)
    return {str(message.id): str(message.string) for message in messages if message.id and message.string}


def translate(text: str, language: str, **values: object) -> str:
    """`text` in `language` with its {placeholders} filled; the text itself where the catalogue lacks it."""
    found = catalogue(language).get(text, text)
    return found.format(**values) if values else found
