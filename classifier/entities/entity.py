"""A company as the lists tell it."""

import re
from dataclasses import dataclass
from typing import Final

ID: Final = re.compile(r"[A-Z]{1,3}:[\w.\-]{1,32}")
_WORD: Final = re.compile(r"[a-z]{3,}")
_SAY_NOTHING: Final = frozenset(
    ("inc", "corp", "corporation", "company", "group", "holdings", "the", "and", "ltd", "plc")
)


@dataclass(frozen=True, slots=True)
class Entity:
    """A company: `id` COUNTRY:TICKER or X:slug, the name to show, and surfaces.

    `careful` ones are everyday words too and need company words near; `strict` ones need them right beside.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    careful: tuple[str, ...] = ()
    strict: tuple[str, ...] = ()

    def with_names(self, other: "Entity") -> "Entity":
        """This one with what `other` adds; a name that both have needs what it needs here."""
        have = {name.lower() for name in (*self.aliases, *self.careful, *self.strict)}

        def new(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(name for name in names if name.lower() not in have)

        return Entity(
            self.id,
            self.name,
            self.aliases + new(other.aliases),
            self.careful + new(other.careful),
            self.strict + new(other.strict),
        )

    def is_another(self, other: "Entity") -> bool:
        """Whether `other`, of the same id, is another company: tickers of the dead are given away (TX, ABX).

        Known by Latin names that share neither a word nor a beginning.
        """
        mine, theirs = _latin(self), _latin(other)
        if not mine or not theirs:
            return False
        words = [{w for n in names for w in _WORD.findall(n)} - _SAY_NOTHING for names in (mine, theirs)]
        if words[0] & words[1]:
            return False
        heads = [{re.sub(r"\W", "", n)[:3] for n in names} for names in (mine, theirs)]
        return not any(a.startswith(b) or b.startswith(a) for a in heads[0] for b in heads[1])


def _latin(entity: Entity) -> list[str]:
    names = (entity.name, *entity.aliases, *entity.careful, *entity.strict)
    return [name.lower() for name in names if name.isascii()]
