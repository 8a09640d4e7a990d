"""The page's words in English (the key) and Chinese. A test looks for words that are missing here, or not used."""

from __future__ import annotations

from dashboard.chinese import CHINESE


def say(text: str, language: str, **values: object) -> str:
    """`text` in `language` (`en` or `zh`), its {places} filled."""
    words = CHINESE.get(text, text) if language == "zh" else ENGLISH.get(text, text)
    return words.format(**values) if values else words


ENGLISH = {
    "all": "All",
    "30d": "Last 30 days",
    "7d": "Last 7 days",
    "24h": "Last 24 hours",
    "6h": "Last 6 hours",
    "days": "Chosen days",
    "auto": "Automatic",
    "skip": "left out",
    "show": "shown",
    "1m": "1 minute",
    "5m": "5 minutes",
    "15m": "15 minutes",
    "1h": "1 hour",
    "3h": "3 hours",
    "6h slots": "6 hours",
    "12h": "12 hours",
    "1d": "1 day",
    "1w": "1 week",
    "disposition true": "true alarm",
    "disposition false": "false alarm",
    "disposition duplicate": "duplicate",
    "disposition known": "known before",
    "alert.acknowledge": "acknowledged",
    "alert.unacknowledge": "acknowledgement taken back",
    "alert.dispose": "judged",
    "alert.close": "closed",
    "alert.escalate": "escalated",
    "told firing": "told that it fires",
    "told severity": "told that it is more severe",
    "told resolved": "told that it is over",
    "told reminder": "reminded",
    "told escalated": "escalated to",
}
"""Keys that are no words themselves."""
