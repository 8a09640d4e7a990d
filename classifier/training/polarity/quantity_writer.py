"""What every text about a quantity needs: a thing, a verb that suits it, and the slots of a wording filled."""

from random import Random
from typing import Final

from classifier.training.polarity import figures, lexicon
from classifier.training.polarity.lexicon import Names, Thing, Verb
from classifier.training.polarity.rows import NEUTRAL, PolarityRow, opposite, read
from classifier.training.polarity.wording import period, subject

_REGISTER: Final = {"post": {"en": "social", "zh": "forum"}}
_STYLES: Final = {"headline": 0.42, "bare": 0.16, "sentence": 0.22, "wire": 0.1, "post": 0.1}


class QuantityWriter:
    """Draws and fills; quantities.py says what is told."""

    def __init__(self, language: str, split: str, rng: Random) -> None:
        self._language, self._split, self._rng = language, split, rng
        self._names = Names(language, rng)
        self._things = lexicon.things(language, split)
        self._priced = [t for t in self._things if t.scope == "market"]
        self._frames = lexicon.table(f"frames_{language}")

    def make(self, kind: str, label: str) -> PolarityRow:
        """Return a row of the kind and label."""
        raise NotImplementedError

    def _thing(self, tone: str | None, company: float = 0.75, **must: bool) -> Thing:
        scope = "company" if self._rng.random() < company else "economy"
        fit = [
            t
            for t in self._things
            if (tone is None or t.tone == tone)
            and t.scope == scope
            and all(bool(getattr(t, k)) == v for k, v in must.items())
        ]
        return self._rng.choice(fit) if fit else self._thing(tone, 1.0 if company < 1 else 0.0, **must)

    def _verb(self, thing: Thing, direction: str, degrees: tuple[str, ...]) -> Verb:
        fit = [
            v
            for v in lexicon.verbs(self._language, self._split, direction)
            if v.suits(thing) and v.degree in degrees
        ]
        special = [v for v in fit if v.usage != "any"]
        return self._rng.choice(special if special and self._rng.random() < 0.3 else fit)

    def _slots(
        self, thing: Thing, style: str, verb: Verb | None, way: str, label: str, subject_only: bool = False
    ) -> dict[str, str]:
        rng = self._rng
        who = subject(self._names, rng, style, self._language, thing.sectors)
        slots = who | period(rng, self._language) | {"t": thing.name, "C": self._names.country(), "L": ""}
        slots["cause"] = str(rng.choice(self._frames["causes"]))
        numbers = figures.draw(rng, self._language, thing, way == "more", verb.degree if verb else "plain")
        english = self._language == "en"
        leveled = thing.unit != ""
        slots |= {
            "by": numbers.by if not english or rng.random() < 0.65 else f"by {numbers.by}",
            "by2": f"by {numbers.by}" if english else numbers.by,
            "L": numbers.level,
            "to": (f"to {numbers.level}" if english else f"至{numbers.level}") if leveled else "",
            "ft": f"to {numbers.level} from {numbers.before}" if leveled else "",
        }
        if thing.scope == "economy":
            slots |= {"S": slots["C"], "Ss": slots["C"]}
        if verb:
            slots |= {
                "v": verb.base if thing.plural else verb.present,
                "d": verb.past,
                "g": verb.ing,
                "n": _noun(verb.noun),
                "n0": verb.noun,
            }
        if english:
            plural = thing.plural
            slots |= {
                "was": "were" if plural else "was",
                "stop": "stop" if plural else "stops",
                "show": "show" if plural else "shows",
                "come": "come" if plural else "comes",
                "miss": "miss" if plural else "misses",
                "fall": "fall" if plural else "falls",
                "beat": "beat" if plural else "beats",
                "top": "top" if plural else "tops",
            }
        if not subject_only:
            slots["c2"] = self._second(thing, label, style)
        return slots

    def _second(self, thing: Thing, label: str, style: str) -> str:
        """Return a clause about another quantity of the same company, of the same label."""
        way = self._rng.choice(("more", "less"))
        tone = label if way == "more" else opposite(label)
        fit = [
            t
            for t in self._things
            if t.scope == "company"
            and t.tone == tone
            and t.name != thing.name
            and set(t.sectors) <= set(thing.sectors)
        ]
        if label == NEUTRAL or not fit:
            return ""
        other = self._rng.choice(fit)
        verb = self._verb(other, way, ("plain", "strong"))
        if self._language == "zh":
            return f"{other.name}{verb.present}"
        return f"{other.name} {verb.past if style == 'sentence' else (verb.base if other.plural else verb.present)}"

    def _style(self) -> str:
        return self._rng.choices(list(_STYLES), list(_STYLES.values()))[0]

    def _pick(self, kind: str, style: str, number: str = "") -> str:
        frames = self._frames[kind].get(style) or self._frames[kind]["headline"]
        fit = [f for f in frames if not number or not f.partition("|")[2] or f.endswith(f"|{number}")]
        return str(self._rng.choice(fit)).partition("|")[0]

    def _row(
        self,
        frame: str,
        slots: dict[str, str],
        label: str,
        kind: str,
        style: str,
        thing: Thing | None,
        verb: Verb | None,
    ) -> PolarityRow:
        if any(
            f"{{{slot}}}" in frame and not slots.get(slot) for slot in ("c2", "ft", "to", "L", "B", "n", "n0")
        ):
            return self.make(kind, label)
        text, roles = read(frame.format_map(slots), (label,))
        style = "headline" if style == "bare" else style
        return PolarityRow(
            text,
            label,
            kind,
            self._language,
            self._split,
            style,
            _REGISTER.get(style, {}).get(self._language, "news"),
            thing.name if thing else "",
            verb.base if verb else "",
            None,
            roles,
        )


def _noun(noun: str) -> str:
    return "" if not noun else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
