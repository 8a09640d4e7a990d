"""The tables of the grammar as pools of one split: things, verbs, events, names, wordings."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Final

import yaml

from classifier.training.polarity.rows import NEGATIVE, POSITIVE

LANGUAGES: Final = ("en", "zh")
_FOLDER: Final = Path(__file__).parent
_SIGN: Final = {"bad": NEGATIVE, "good": POSITIVE}


@dataclass(frozen=True, slots=True)
class Thing:
    """A quantity. `tone`: the label of its being more. `unit`: m money, % share, n count, i index, "" none."""

    name: str
    tone: str
    scope: str
    unit: str
    plural: bool
    gap: bool
    rate: bool
    sectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verb:
    """What a quantity does. Chinese has one form in all four places and no noun."""

    base: str
    present: str
    past: str
    ing: str
    usage: str
    degree: str
    noun: str

    def suits(self, thing: Thing) -> bool:
        """Whether the verb is said of the thing; prices have verbs of their own."""
        if thing.scope == "market":
            return self.usage == "market"
        return {
            "market": False,
            "any": True,
            "gap": thing.gap,
            "rate": thing.rate,
            "bad": thing.tone == NEGATIVE,
            "good": thing.tone == POSITIVE,
        }[self.usage]


@dataclass(frozen=True, slots=True)
class Happening:
    """One wording of what becomes of an event. `tone`: the event's own. `things`: those of its class."""

    group: str
    tone: str
    fate: str
    verb: str
    wording: str
    things: tuple[str, ...]


@lru_cache(maxsize=32)
def table(name: str) -> Any:
    """Return the content of `name`.yaml beside this module."""
    return yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def things(language: str, split: str) -> tuple[Thing, ...]:
    """Return the quantities of one split."""
    out = []
    for sign, scopes in table(f"things_{language}").items():
        for scope, splits in scopes.items():
            out += [_thing(entry, _SIGN[sign], scope) for entry in splits[split]]
    return tuple(out)


def _thing(entry: str, tone: str, scope: str) -> Thing:
    flags = entry.partition("@")[0].partition("|")[2]
    unit = next((u for u in "m%ni" if u in flags), "")
    return Thing(bare(entry), tone, scope, unit, "p" in flags, "g" in flags, "r" in flags, sectors(entry))


@lru_cache(maxsize=8)
def verbs(language: str, split: str, direction: str) -> tuple[Verb, ...]:
    """Return the verbs of one split; `direction`: more or less (of a quantity), raise or cut (by somebody)."""
    out = []
    for entry in table(f"verbs_{language}")[direction][split]:
        if isinstance(entry, str):
            out.append(Verb(entry, entry, entry, entry, "any", "plain", ""))
        elif len(entry) == 3:
            out.append(Verb(entry[0], entry[0], entry[0], entry[0], entry[1], entry[2], ""))
        elif len(entry) < 6:
            base, present, past, ing = entry[:4]
            out.append(Verb(base, present, past, ing, entry[4] if len(entry) == 5 else "any", "plain", ""))
        else:
            out.append(Verb(*entry))
    return tuple(out)


@lru_cache(maxsize=8)
def happenings(language: str, split: str) -> tuple[Happening, ...]:
    """Return every wording of every fate of one split, with the things of its class and split."""
    out = []
    for group, content in table(f"events_{language}").items():
        named = tuple(content["things"][split])
        for fate, splits in content["fates"].items():
            for verb, wordings in splits[split].items():
                tone = _SIGN[content["sign"]]
                out += [Happening(group, tone, fate, verb, wording, named) for wording in wordings]
    return tuple(out)


def bare(entry: str) -> str:
    """Return an entry's name without its flags and sectors."""
    return entry.partition("@")[0].partition("|")[0]


def sectors(entry: str) -> tuple[str, ...]:
    """Return the sectors an entry is said of; () for any."""
    named = entry.partition("@")[2]
    return tuple(named.split("/")) if named else ()


@lru_cache(maxsize=4)
def reserved(language: str) -> tuple[str, ...]:
    """Return what must never stand in a text of the split train: held-out things and forms of held-out verbs."""
    out = {thing.name for thing in things(language, "held_out")}
    out |= {bare(name) for h in happenings(language, "held_out") for name in h.things}
    for direction in ("more", "less", "raise", "cut"):
        for verb in verbs(language, "held_out", direction):
            out |= {verb.base, verb.present, verb.past, verb.ing}
    return tuple(sorted(out))


class Names:
    """Draws subjects."""

    def __init__(self, language: str, rng: Random) -> None:
        self._table, self._rng, self._language = table("names")[language], rng, language
        self._sectors = [s for s in self._table if s not in ("generic", "countries", "brokers")]

    def company(self, sectors: tuple[str, ...] = ()) -> tuple[str, str]:
        """Return a company's name and its cashtag (in Chinese: the name again)."""
        entry = self._rng.choice(self._table[self._rng.choice(sectors or self._sectors)])
        return (entry, entry) if isinstance(entry, str) else (entry[0], f"${entry[1]}")

    def sector(self) -> str:
        """Return one of the sectors."""
        return str(self._rng.choice(self._sectors))

    def generic(self, sectors: tuple[str, ...] = ()) -> str:
        """Return a subject without a name, in English without its article."""
        return str(self._rng.choice(self._table["generic"][self._rng.choice(sectors or self._sectors)]))

    def country(self) -> str:
        """Return a country, in English as an adjective."""
        return str(self._rng.choice(self._table["countries"]))

    def broker(self) -> str:
        """Return a bank or broker whose analysts rate others."""
        return str(self._rng.choice(self._table["brokers"]))
