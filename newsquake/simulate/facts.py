"""The facts of a story: drawn once, worded in two languages, so that rewrites and translations agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from newsquake.simulate.world import WORLD, Company, Pair


class FactSubject(Protocol):
    """What a fact is drawn from: a story."""

    draw: Callable[[], float]
    company: Company | None
    month: int


Fact = Callable[[FactSubject], Pair]

_MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
_ZH_DAYS = ["周一", "周二", "周三", "周四", "周五"]
_QUARTERS: tuple[Pair, ...] = (
    ("first-quarter", "一季度"),
    ("second-quarter", "二季度"),
    ("third-quarter", "三季度"),
    ("fourth-quarter", "四季度"),
    ("half-year", "上半年"),
)


def _one_of(pairs: tuple[Pair, ...]) -> Fact:
    count = len(pairs)
    return lambda story: pairs[int(story.draw() * count)]


def _number(low: float, high: float, digits: int = 1) -> Fact:
    def fact(story: FactSubject) -> Pair:
        # Skewed to the low end, as most figures in the news are.
        text = f"{low + (high - low) * story.draw() ** 1.7:.{digits}f}"
        return text, text

    return fact


def _money(story: FactSubject, symbol: str, unit: str, millions: float) -> Pair:
    mark = symbol if symbol.endswith("$") else symbol + " "
    if millions >= 1000:
        return f"{mark}{millions / 1000:.1f} billion", f"{millions / 100:.0f}亿{unit}"
    if millions >= 100:
        return f"{mark}{millions:.0f} million", f"{millions / 100:.2f}亿{unit}"
    return f"{mark}{millions:.0f} million", f"{millions * 100:.0f}万{unit}"


def _company_money(low: float, high: float) -> Fact:
    def fact(story: FactSubject) -> Pair:
        symbol, unit = story.company.money if story.company else ("$", "美元")
        return _money(story, symbol, unit, low * (high / low) ** story.draw())

    return fact


def _dollars(low: float, high: float) -> Fact:
    return lambda story: _money(story, "$", "美元", low * (high / low) ** story.draw())


def _month(shift: int) -> Fact:
    def fact(story: FactSubject) -> Pair:
        number = (story.month - 1 + shift - int(story.draw() * 2)) % 12
        return _MONTHS[number], f"{number + 1}月"

    return fact


def _day(story: FactSubject) -> Pair:
    number = int(story.draw() * 5)
    return _DAYS[number], _ZH_DAYS[number]


def _company(story: FactSubject) -> Pair:
    company = story.company
    if company is None:
        raise ValueError("a template names a company, but its kind of event is about the world")
    return company.en[int(story.draw() * len(company.en))], company.zh


def _thing(story: FactSubject) -> Pair:
    things = story.company.things if story.company else WORLD.sectors
    return things[int(story.draw() * len(things))]


def _basis_points(story: FactSubject) -> Pair:
    text = ("25", "25", "50", "75", "100")[int(story.draw() * 5)]
    return text, text


def _count(low: int, high: int) -> Fact:
    def fact(story: FactSubject) -> Pair:
        text = str(int(low * (high / low) ** story.draw()))
        return text, text

    return fact


FACTS: dict[str, Fact] = {
    "co": _company,
    "thing": _thing,
    "amt": _company_money(300, 60_000),
    "amtm": _company_money(8, 900),
    "usd": _dollars(500, 90_000),
    "usdm": _dollars(10, 900),
    "pct": _number(3, 48),
    "small": _number(1, 14),
    "tiny": _number(0.1, 2.4),
    "coupon": _number(1.5, 7.5, 2),
    "pmi": _number(46, 49.8),
    "cover": _number(1.9, 3.6, 2),
    "eps": _number(0.2, 6, 2),
    "eps2": _number(0.2, 6, 2),
    "dps": lambda story: (lambda text: (f"${text}", f"{text}美元"))(f"{0.1 + story.draw() * 2:.2f}"),
    "tenpay": _number(0.5, 30),
    "price": _number(6, 640, 2),
    "price2": _number(4, 520, 2),
    "fix": _number(0.8, 9, 4),
    "cents": _count(1, 40),
    "n": _count(12, 960),
    "few": _count(3, 30),
    "more": _count(31, 80),
    "bp": _basis_points,
    "bp2": _count(1, 9),
    "q": _one_of(_QUARTERS),
    "month": _month(-1),
    "month2": _month(-2),
    "day": _day,
    "person": _one_of(WORLD.people),
    "broker": _one_of(WORLD.brokers),
    "role": _one_of(WORLD.roles),
    "city": _one_of(WORLD.cities),
    "country": _one_of(WORLD.countries[::2]),
    "country2": _one_of(WORLD.countries[1::2]),
    "bank": _one_of(WORLD.banks[::2]),
    "bank2": _one_of(WORLD.banks[1::2]),
    "index": _one_of(WORLD.indices),
    "sector": _one_of(WORLD.sectors),
    "pair": _one_of(WORLD.pairs),
    "metal": _one_of(WORLD.metals),
    "fuel": _one_of(WORLD.fuels),
    "coin": _one_of(WORLD.coins),
    "exchange": _one_of(WORLD.exchanges),
    "regulator": _one_of(WORLD.regulators),
    "target": _one_of(WORLD.targets),
    "driver": _one_of(WORLD.drivers),
}
