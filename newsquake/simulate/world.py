"""The simulated world: companies, publishers, names and rhythms of world.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

Pair = tuple[str, str]
"""The same in English and Chinese."""
Tone = Literal["negative", "neutral", "positive"]

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, eq=False)
class Company:
    """A company of the simulated world."""

    entity: str
    en: tuple[str, ...]
    zh: str
    sector: str
    money: Pair
    things: tuple[Pair, ...]
    incident: bool

    @property
    def home(self) -> str:
        """The language most is written in about it."""
        return "en" if self.entity.startswith("US:") else "zh"


@dataclass(frozen=True, slots=True, eq=False)
class Publisher:
    """Who writes: how much, when, and in which manner."""

    name: str
    title: str
    language: str
    source: str
    weight: float
    zone: int
    day: str
    style: str

    @property
    def language_index(self) -> int:
        """0 English, 1 Chinese: the place in a Pair."""
        return int(self.language == "zh")


@dataclass(frozen=True, slots=True)
class World:
    """Everything of world.yaml, typed."""

    companies: tuple[Company, ...]
    publishers: tuple[Publisher, ...]
    days: dict[str, list[float]]
    weekend: dict[str, float]
    background: dict[str, dict[str, list[str]]]
    people: tuple[Pair, ...]
    brokers: tuple[Pair, ...]
    roles: tuple[Pair, ...]
    cities: tuple[Pair, ...]
    countries: tuple[Pair, ...]
    banks: tuple[Pair, ...]
    indices: tuple[Pair, ...]
    sectors: tuple[Pair, ...]
    pairs: tuple[Pair, ...]
    metals: tuple[Pair, ...]
    fuels: tuple[Pair, ...]
    coins: tuple[Pair, ...]
    exchanges: tuple[Pair, ...]
    regulators: tuple[Pair, ...]
    targets: tuple[Pair, ...]
    drivers: tuple[Pair, ...]


def _pair(item: list[str]) -> Pair:
    return item[0], item[1]


def _company(item: dict[str, Any]) -> Company:
    return Company(
        entity=item["entity"],
        en=tuple(item["en"]),
        zh=item["zh"],
        sector=item["sector"],
        money=_pair(item["money"]),
        things=tuple(_pair(thing) for thing in item["things"]),
        incident=item.get("incident", False),
    )


def _load() -> World:
    data = load_yaml("world.yaml")
    fixed: dict[str, Any] = {
        "companies": tuple(_company(item) for item in data.pop("companies")),
        "publishers": tuple(Publisher(**item) for item in data.pop("publishers")),
        **{name: data.pop(name) for name in ("days", "weekend", "background")},
    }
    names: dict[str, Any] = {name: tuple(_pair(item) for item in items) for name, items in data.items()}
    return World(**fixed, **names)


def load_yaml(name: str) -> dict[str, Any]:
    """One of the generator's own YAML files."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data: dict[str, Any] = yaml.load((FOLDER / name).read_text(encoding="utf-8"), Loader=loader)
    return data


WORLD = _load()
