"""The language of a text: from its metadata, else from quick and certain signs, else by a model (lingua).

Everything is kept, whatever its language; `""` means undecided. Headlines are too short for a model alone: it takes one
English headline in twelve for another language. A Latin text is therefore foreign only where two agree: a sign (a
function word that English does not have, or a letter with a mark) and the model, which finds English unlikely.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_NAMES = {
    "english": "en", "eng": "en", "chinese": "zh", "zho": "zh", "chi": "zh", "cmn": "zh", "cn": "zh",
    "mandarin": "zh", "中文": "zh", "und": "", "unknown": "", "none": "", "nan": "", "null": "",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+")
_ONLY_ENGLISH = frozenset(("the", "of", "and", "with", "says", "said", "has", "that", "from", "after", "its"))
_ENGLISH = _ONLY_ENGLISH.union(
    "to in for on is are was as at by up down over not it be an a will".split()  # noqa: SIM905
)
_WORDS = """
der die das und dem des ein eine einen einem einer ist sind nicht mit vom für auf zu zum zur nach bei über unter
durch gegen sich wird werden wurde auch noch mehr als um bis wegen nur wie keine steigt fällt sinkt prozent le
la les du une et est sont dans pour sur avec aux ce cette qui que pas ses selon leur été fait hausse baisse el
las del un en es con por para se su sus al lo más tras como pero según desde hasta han sube cae suben caen os da
dos na nos nas uma com ao à após não em seu sua ter il gli di della dei delle dello nel nella sono che si alla
dopo anche hanno tra fra calo rialzo miliardi het een van voor op te aan naar bij niet ook dat wordt heeft jaar
miljard och det som ett på för är inte från efter vid stiger faller år og af ikke ja että oli mutta kun mukaan
prosenttia nie się jest po za od przez dla oraz în cu din fost după prin že jako také podle és hogy nem egy
szemben után forint ve bir bu ile için yüzde olarak göre dan yang dengan untuk dari pada ini itu tidak dalam
oleh sebesar terhadap saham persen hari
aktie aktien steigen sinken börse umsatz gewinn milliarden millionen rekordhoch grimpe recule chiffre bénéfice
milliards acciones ganancias beneficio bolsa millones ventas ingresos ações lucro receita bilhões milhões azioni borsa
ricavi aandelen winst omzet beurs aktier kursen
"""
_SIGNS = frozenset(_WORDS.split())
"""Words that carry no news, and a few that every market's news has, of languages that are not English, where English
has no such word."""
_ELIDED = re.compile(r"\b(?:[LlDdNnJj]|[Qq]u|[Dd]ell|[Nn]ell)['’](?=[a-zà-ÿ])")
"""French and Italian run an article into a word: l'action, qu'il, dell'anno. Before a capital it is a name: L'Oréal."""
_MARKED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_LETTERS = re.compile(r"[^\W\d_]+")
_NAMES_OUT = re.compile(r"<[A-Za-z.]+>|\$[A-Za-z.]+|https?://\S+|[@#]\w+")
"""Tickers, addresses and handles belong to no language."""
_UNLIKELY, _CERTAIN = 0.1, 0.0003


@lru_cache(512)
def normalize_tag(tag: str) -> str:
    """Return the two- or three-letter code of a language tag or name: `en-US`, `English`, `zh_CN` -> `en`, `en`, `zh`.

    "" for a tag that names no language.
    """
    tag = tag.strip().lower()
    tag = _NAMES.get(tag, tag)
    base = tag.replace("_", "-").partition("-")[0]
    base = _NAMES.get(base, base)
    return base if base.isalpha() and base.isascii() and 2 <= len(base) <= 3 else ""


def detect_quick(text: str) -> str:
    """zh, ja, ko or en where the script or the most frequent words are certain enough; else "". Microseconds.

    >>> detect_quick("央行宣布降准"), detect_quick("Shares of the company fell"), detect_quick("DAX fällt")
    ('zh', 'en', '')
    """
    sample = text[:400]
    if not sample.isascii():
        han = kana = hangul = 0
        for char in sample:
            if "\u4e00" <= char <= "\u9fff":
                han += 1
            elif "\u3040" <= char <= "\u30ff":
                kana += 1
            elif "\uac00" <= char <= "\ud7af":
                hangul += 1
        if han + kana + hangul >= max(1, len(sample) // 8):
            if kana > han // 10 and kana:
                return "ja"
            return "ko" if hangul > han else "zh"
    words = _WORD.findall(sample.lower())
    if len(words) >= 3:
        hits = [word for word in words if word in _ENGLISH]
        if len(hits) * 6 >= len(words) and any(word in _ONLY_ENGLISH for word in hits):
            return "en"
    return ""


def detect(text: str, hint: str = "") -> str:
    """Return the language code of an article: by quick signs, else signs and lingua together, else `hint`.

    lingua chooses among the languages that news is likely to be in. "" only for a text without letters and hint.
    """
    if found := detect_quick(text) or detect_foreign(text):
        return found
    sample = _NAMES_OUT.sub(" ", text[:600])
    if not any(char.isalpha() for char in sample):
        return hint
    if sum("a" <= char.lower() <= "z" for char in sample) * 2 < sum(map(str.isalpha, sample)):
        best, _ = _asked(sample)  # another script: the model is good at those
        return best
    if hint or sum(map(str.isalpha, sample)) < 25:
        return hint or "en"  # a ticker and a number: too little for any model
    best, english = _asked(sample)
    return best if english < _CERTAIN else "en"


def detect_foreign(text: str) -> str:
    """Return the language of a Latin text that shows signs of not being English, where the model agrees; else "".

    >>> detect_foreign("DAX fällt nach Zinsentscheid der EZB"), detect_foreign("Nestlé raises prices")
    ('de', '')
    """
    sample = text[:300]
    elided = len(_ELIDED.findall(sample)) if "'" in sample or "’" in sample else 0
    if not elided and sample.isascii() and _SIGNS.isdisjoint(sample.lower().split()):
        return ""  # nearly every English text, in 3 microseconds
    words = _LETTERS.findall(sample)
    signs, english = elided, 0
    for word in map(str.lower, words):
        signs += word in _SIGNS
        english += word in _ENGLISH
    if signs <= english and (
        english or sample.isascii() or not any(word[0].islower() and _MARKED.search(word) for word in words)
    ):  # a name may well have marks: Société Générale, Nestlé
        return ""
    best, likely = _asked(_NAMES_OUT.sub(" ", sample))
    sure = (
        signs >= 2 and not english and 2 * signs >= len(words) - 1
    )  # then the model need only lean that way
    return best if best != "en" and (sure or likely < _UNLIKELY) else ""


@lru_cache(4096)
def _asked(sample: str) -> tuple[str, float]:
    """(the likeliest language, how likely English is), as lingua sees it."""
    values = _detector().compute_language_confidence_values(sample.lower())
    english = next(one.value for one in values if one.language.name == "ENGLISH")
    return values[0].language.iso_code_639_1.name.lower(), english


@lru_cache(1)
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    likely = (
        "ENGLISH", "CHINESE", "JAPANESE", "KOREAN", "GERMAN", "FRENCH", "SPANISH", "PORTUGUESE", "ITALIAN", "DUTCH",
        "RUSSIAN", "ARABIC", "TURKISH", "INDONESIAN", "VIETNAMESE", "POLISH", "SWEDISH", "HINDI", "THAI",
        "DANISH", "BOKMAL", "FINNISH", "ROMANIAN", "CZECH", "HUNGARIAN",
    )  # fmt: skip
    chosen = [getattr(Language, name) for name in likely]
    return LanguageDetectorBuilder.from_languages(*chosen).with_low_accuracy_mode().build()
