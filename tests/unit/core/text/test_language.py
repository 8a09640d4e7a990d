"""Which language a text is in."""

from __future__ import annotations

import pytest

from core.text.language import detect, detect_foreign, detect_quick, normalize_tag
from tests.support.languages import FOREIGN


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("The Fed has left rates unchanged", "", "en"),
        ("央行宣布降准0.5个百分点", "en", "zh"),
        ("日経平均は続落した", "", "ja"),
        ("코스피 지수가 하락했다", "", "ko"),
        ("Der DAX fällt nach dem Zinsentscheid der EZB deutlich", "", "de"),
        ("AAPL +3%", "", "en"),
        ("AAPL +3%", "zh", "zh"),
        ("123", "zh", "zh"),
    ],
)
def test_language_is_found(text: str, hint: str, expected: str) -> None:
    assert detect(text, hint) == expected


ENGLISH = (
    "Apple beats", "Shares plunge", "Dow Jones tumbles", "Gold gains", "Nvidia Q3 profit soars", "Oil slips",
    "Fed holds rates steady", "BAHIA COCOA REVIEW", "STANDARD OIL <SRD> TO FORM FINANCIAL UNIT", "$TSLA to the moon",
    "TEXAS COMMERCE BANCSHARES <TCB> FILES PLAN", "Deutsche Bank cuts 500 jobs", "BNP Paribas profit falls",
    "Société Générale beats estimates", "Nestlé raises prices", "Banco Santander SA posts loss",
    "Banco do Brasil cuts guidance", "Crédit Agricole and Crédit Suisse in talks", "MCDONALD'S DES MOINES STORES CLOSE",
    "SALOMON <SB> 4TH QTR NET",
)  # fmt: skip


@pytest.mark.parametrize("text", ENGLISH)
def test_english_headlines_stay_english(text: str) -> None:
    assert detect_foreign(text) == ""
    assert detect(text, "en") == "en"


def test_other_languages_in_latin_letters_are_not_taken_for_english() -> None:
    headlines = [(tongue, text) for tongue, texts in FOREIGN.items() for text in texts]
    dump = [detect_quick(text) or detect_foreign(text) for _, text in headlines]
    assert "en" not in dump, "undecided at worst"
    assert sum(found != "" for found in dump) >= 0.6 * len(headlines)
    unhinted = [text for _, text in headlines if detect(text) == "en"]
    assert len(unhinted) <= 0.2 * len(headlines), unhinted
    assert [text for tongue, text in headlines if detect(text, tongue) == "en"] == [], (
        "a source that says so is believed"
    )


def test_language_tags_are_evened() -> None:
    assert [normalize_tag(tag) for tag in ("en-US", "zh_CN", "English", "中文", "zh-Hant-TW", "x", "")] == [
        "en", "zh", "en", "zh", "zh", "", "",
    ]  # fmt: skip
    assert detect_quick("No idea") == ""
