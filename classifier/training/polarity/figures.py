"""Figures of a quantity: this period's level and the one before, the change between them, as texts write them."""

from dataclasses import dataclass
from random import Random

from classifier.training.polarity.lexicon import Thing


@dataclass(frozen=True, slots=True)
class QuantityFigures:
    """`by`: the size of the change; `level`, `before`: the two levels; `points`: the change in basis points or ""."""

    by: str
    level: str
    before: str
    points: str
    signed: str


def draw(rng: Random, language: str, thing: Thing, up: bool, degree: str = "plain") -> QuantityFigures:
    """Return figures whose level is above the one before where `up`, below it otherwise; `degree` bounds the change."""
    low, high = {"slight": (0.3, 2.5), "strong": (18, 70), "plain": (2, 30)}.get(degree, (2, 30))
    share = rng.uniform(low, high) / (5 if thing.scope == "market" else 1)
    sign = "+" if up else "-"
    if thing.unit in ("%", "i"):
        before = (
            rng.uniform(44, 56)
            if thing.unit == "i"
            else rng.uniform(1.2, 9 if thing.scope == "economy" else 32)
        )
        change = before * min(share, 40) / (400 if thing.unit == "i" else 200)
        change = max(round(change, 1), 0.1)
        level = before + change if up else before - change
        mark = "" if thing.unit == "i" else "%"
        bps = round(change * 100)
        if thing.unit == "i":
            by = f"{change:.1f}" + (" points" if language == "en" else "点")
        elif language == "en":
            ways = (f"{bps} basis points", f"{bps} bps", f"{change:.1f} percentage points")
            by = rng.choice(ways) if bps <= 300 else ways[2]
        else:
            by = (
                rng.choice((f"{bps}个基点", f"{change:.1f}个百分点"))
                if bps <= 300
                else f"{change:.1f}个百分点"
            )
        points = by if thing.unit == "%" else ""
        return QuantityFigures(by, f"{level:.1f}{mark}", f"{before:.1f}{mark}", points, f"{sign}{share:.1f}%")
    before = rng.uniform(1.5, 9) * 10 ** rng.choice((0, 1, 2))
    level = before * (1 + share / 100 if up else 1 - share / 100)
    places = 1 if before < 100 else 0
    if round(level, places) == round(before, places):
        level = before + (1 if up else -1) * 10**-places
    percent = f"{share:.1f}%" if share < 10 or rng.random() < 0.3 else f"{share:.0f}%"
    if language == "en" and rng.random() < 0.15:
        percent = percent.replace("%", " percent")
    if thing.unit == "n" and language == "en" and rng.random() < 0.6:
        now, then = (f"{round(x * 10) * 100:,}" for x in (level, before))
        if now != then:
            return QuantityFigures(percent, now, then, "", f"{sign}{share:.1f}%")
    shape = _shape(rng, language, thing.unit)
    return QuantityFigures(
        percent,
        shape.format(f"{level:.{places}f}"),
        shape.format(f"{before:.{places}f}"),
        "",
        f"{sign}{share:.1f}%",
    )


def _shape(rng: Random, language: str, unit: str) -> str:
    if unit == "m" and language == "en":
        return rng.choice(
            (
                "${} billion",
                "${} million",
                "EUR {} mln",
                "£{}m",
                "€{}bn",
                "${}B",
                "Rs {} crore",
                "USD {} million",
                "${}M",
            )
        )
    if unit == "m":
        return rng.choice(("{}亿元", "{}亿元", "{}万元", "{}亿美元", "{}亿港元"))
    if unit == "n":
        return "{} thousand" if language == "en" else rng.choice(("{}万", "{}千"))
    return "{}"


def per_share(rng: Random, up: bool) -> tuple[float, float]:
    """Return earnings per share, now and before, two decimals; `up`: now above before."""
    before = rng.uniform(0.08, 6)
    level = before * (1 + (1 if up else -1) * rng.uniform(0.02, 0.45))
    now, then = round(level, 2), round(before, 2)
    if now == then:
        now = round(then + (0.01 if up else -0.01), 2)
    return now, then


def pair(rng: Random, language: str) -> dict[str, str]:
    """Return two amounts, {lo} and {hi}, two per share, {lo1} and {hi1}, and a difference per share, {x}."""
    low = rng.uniform(0.8, 60)
    high = low * rng.uniform(1.06, 3)
    shape = _shape(rng, language, "m")
    share = rng.uniform(0.2, 9) * rng.choice((1, 10))
    mark = rng.choice(("$", "$", "€", "Rs ")) if language == "en" else ""
    return {
        "lo": shape.format(f"{low:.1f}"),
        "hi": shape.format(f"{high:.1f}"),
        "lo1": f"{mark}{share:.2f}",
        "hi1": f"{mark}{share * rng.uniform(1.05, 1.8):.2f}",
        "x": f"${rng.uniform(0.01, 0.6):.2f}",
    }


def result(rng: Random, up: bool) -> tuple[str, str]:
    """Return two results, losses in brackets or with a minus sign; `up`: the first is the better."""
    scale = rng.choice((1, 10, 100))
    better, worse = rng.uniform(0.5, 9) * scale, rng.uniform(0.5, 9) * scale
    how = rng.choice(("profit", "turn", "loss"))
    if how == "turn":
        worse = -worse
    elif how == "loss":
        better, worse = -min(better, worse), -max(better, worse)
    else:
        better, worse = max(better, worse), min(better, worse)
    if abs(better - worse) < 0.2:
        better += 0.3
    brackets = rng.random() < 0.6
    first, second = (better, worse) if up else (worse, better)
    return _bracketed(first, brackets), _bracketed(second, brackets)


def _bracketed(value: float, brackets: bool) -> str:
    text = f"{abs(value):.1f}"
    return text if value >= 0 else (f"({text})" if brackets else f"-{text}")
