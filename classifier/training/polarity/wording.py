"""Fills the slots that all wordings share: subjects, periods, and what English grammar asks of them."""

from random import Random
from typing import Final

from classifier.training.polarity.lexicon import Names, bare
from classifier.training.polarity.rows import marked

_QUARTERS: Final = (
    ("first-quarter", "Q1", "in the first quarter"),
    ("second-quarter", "Q2", "in the second quarter"),
    ("third-quarter", "Q3", "in the third quarter"),
    ("fourth-quarter", "Q4", "in the fourth quarter"),
    ("full-year", "FY", "last year"),
    ("half-year", "H1", "in the first half"),
)
_PERIODS: Final = ("一季度", "二季度", "三季度", "四季度", "上半年", "前三季度", "全年", "中期")
_MONTHS: Final = ("1月", "3月", "5月", "7月", "8月", "9月", "11月", "12月")


def genitive(name: str) -> str:
    """Return the English genitive, also of a marked name."""
    bare = name.rstrip("\ue001\ue003")
    return name + ("'" if bare.endswith("s") and not bare.endswith("'s") else "'s")


def article(thing: str) -> str:
    """Return an English noun phrase with its article; a plural (flag p) has none."""
    name = bare(thing)
    if "|p" in thing:
        return name
    vowel = name[0] in "aeiou" and not name.startswith(("uni", "one", "eu"))
    return f"{'an' if vowel or name.startswith('IT ') else 'a'} {name}"


def subject(
    names: Names, rng: Random, style: str, language: str, sectors: tuple[str, ...] = ()
) -> dict[str, str]:
    """Return {S}, {Ss} and {tag}: a company (marked) or somebody unnamed."""
    name, tag = names.company(sectors)
    if style != "post" and rng.random() < 0.22:
        who = names.generic(sectors)
        who = f"the {who}" if style == "sentence" and language == "en" else who
        return {"S": who, "Ss": genitive(who), "tag": who}
    shown = marked(tag if style == "post" else name)
    return (
        {"S": shown, "Ss": genitive(shown), "tag": marked(tag)}
        if language == "en"
        else {"S": shown, "tag": shown}
    )


def period(rng: Random, language: str) -> dict[str, str]:
    """Return {q}, {Q}, {inq} and, in Chinese, {m}."""
    if language == "en":
        return dict(zip(("q", "Q", "inq"), rng.choice(_QUARTERS), strict=True))
    return {"q": rng.choice(_PERIODS), "m": rng.choice(_MONTHS)}
