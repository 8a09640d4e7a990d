"""The page's words in English (the key) and Chinese. A test looks for words that are missing here, or not used."""

from __future__ import annotations

from dashboard.chinese import CHINESE


def say(text: str, language: str, **values: object) -> str:
    """`text` in `language` (`en` or `zh`), its {places} filled."""
    words = CHINESE.get(text, text) if language == "zh" else ENGLISH.get(text, text)
    return words.format(**values) if values else words


ENGLISH = {"all": "All", "30d": "30 d", "7d": "7 d", "24h": "24 h", "6h": "6 h", "auto": "Automatic"}
"""Keys that are no words themselves."""
