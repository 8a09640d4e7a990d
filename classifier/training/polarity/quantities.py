"""Texts about a quantity: it becomes more or less, as expected or not, by figures told or not."""

from random import Random
from typing import Final

from classifier.training.polarity import figures, lexicon
from classifier.training.polarity.lexicon import Names, Thing, Verb
from classifier.training.polarity.rows import NEGATIVE, NEUTRAL, POSITIVE, Row, opposite, read
from classifier.training.polarity.wording import period, subject

KINDS: Final = (
    "more",
    "less",
    "degree",
    "actor",
    "attempt",
    "persists",
    "feared",
    "expected",
    "plain",
    "figures",
    "market",
)
_REGISTER: Final = {"post": {"en": "social", "zh": "forum"}}
_STYLES: Final = {"headline": 0.42, "bare": 0.16, "sentence": 0.22, "wire": 0.1, "post": 0.1}
_ADVERBS: Final = {
    ("en", "slight"): ("slightly", "marginally", "a little"),
    ("en", "strong"): ("sharply",),
    ("zh", "slight"): ("略微", "小幅"),
    ("zh", "strong"): ("大幅", "显著", "明显"),
}


class Quantities:
    """Makes rows of one language and split."""

    def __init__(self, language: str, split: str, rng: Random) -> None:
        self._language, self._split, self._rng = language, split, rng
        self._names = Names(language, rng)
        self._things = lexicon.things(language, split)
        self._priced = [t for t in self._things if t.scope == "market"]
        self._frames = lexicon.table(f"frames_{language}")

    def make(self, kind: str, label: str) -> Row:
        """Return a row of a kind of KINDS; `label` is given to it, but expected and plain are always neutral."""
        if kind in ("more", "less", "degree", "market"):
            return self._change(kind, label)
        if kind in ("actor", "attempt", "persists"):
            return self._action(kind, label)
        if kind == "figures":
            return self._figures(label)
        return self._stated(kind, label)

    def sentence(self, label: str) -> str:
        """Return a sentence of the label about an unnamed company's quantity, for use inside a longer text."""
        way = self._rng.choice(("more", "less"))
        tone = label if way == "more" else opposite(label)
        thing = self._thing(tone, 1.0)
        while thing.sectors:
            thing = self._thing(tone, 1.0)
        verb = self._verb(thing, way, ("plain", "strong"))
        by = figures.draw(self._rng, self._language, thing, way == "more", verb.degree).by
        if self._language == "zh":
            return f"公司{thing.name}同比{verb.present}{by}。"
        return f"The company's {thing.name} {verb.past} {by} compared with a year earlier."

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

    def _change(self, kind: str, label: str) -> Row:
        direction = kind if kind in ("more", "less") else self._rng.choice(("more", "less"))
        if kind == "market":
            direction = "more" if label == POSITIVE else "less"
        tone = label if direction == "more" else opposite(label)
        thing = self._thing(tone) if kind != "market" else self._rng.choice(self._priced)
        style = self._style()
        frame = self._pick("change" if thing.scope == "company" else thing.scope, style)
        degrees: tuple[str, ...] = ("slight", "strong") if kind == "degree" else ("plain", "plain", "whole")
        if kind == "market":
            degrees = ("slight", "plain", "strong", "whole")
        if any(slot in frame for slot in ("{by}", "{ft}", "{to}", "{adv}", "{n}")):
            degrees = tuple(d for d in degrees if d != "whole")
        if "{adv}" in frame:
            degrees = ("plain",)
        verb = self._verb(thing, direction, degrees)
        if "{n}" in frame and not verb.noun:
            return self._change(kind, label)
        if (
            thing.scope == "company"
            and style == "bare"
            and self._language == "en"
            and self._rng.random() < 0.5
        ):
            verb = self._verb(thing, direction, degrees)
        slots = self._slots(thing, style, verb, direction, label)
        if "{adv}" in frame:
            level = self._rng.choice(("slight", "strong"))
            slots["adv"] = self._rng.choice(_ADVERBS[self._language, level])
            kind = "degree"
        return self._row(frame, slots, label, kind, style, thing, verb)

    def _action(self, kind: str, label: str) -> Row:
        rng = self._rng
        direction = rng.choice(("raise", "cut"))
        if kind == "persists":
            way = rng.choice(("more", "less"))
            thing = self._thing(label if way == "more" else opposite(label), 1.0)
            verb = self._verb(thing, way, ("plain",))
        else:
            aim = POSITIVE if kind == "attempt" else label
            thing = self._thing(aim if direction == "raise" else opposite(aim), 1.0)
            verb = self._verb(thing, direction, ("plain",))
            way = "more" if direction == "raise" else "less"
        style = rng.choice(("headline", "headline", "sentence"))
        form = ("managed" if label == POSITIVE else "failed") if kind == "attempt" else kind
        form = "pressed" if kind == "actor" and label == NEGATIVE else form
        frame = self._pick(form, style, "p" if thing.plural else "s")
        slots = self._slots(thing, style, verb, way, label)
        slots |= {"x": verb.present, "xd": verb.past, "xb": verb.base, "xg": verb.ing}
        return self._row(frame, slots, label, kind, style, thing, verb)

    def _stated(self, kind: str, label: str) -> Row:
        if kind != "feared":
            label = NEUTRAL
            thing = self._thing(None)
            frames = self._frames[kind]
        else:
            thing = self._thing(None)
            more = thing.tone == label
            frames = self._frames["feared"][
                f"{'bad' if thing.tone == NEGATIVE else 'good'}_{'more' if more else 'less'}"
            ]
        fit = [f for f in frames if _fits(f, thing)]
        if not fit:
            return self._stated(kind, label)
        frame = self._rng.choice(fit)
        flags = frame.partition("|")[2]
        way = "more" if "more" in flags else "less"
        verb = self._verb(thing, way, ("plain",))
        slots = self._slots(thing, "headline", verb, way, label, subject_only="{c2}" not in frame)
        style = "sentence" if frame.partition("|")[0].endswith((".", "。")) else "headline"
        shown = verb if any(s in frame for s in ("{v}", "{d}", "{n0}", "{g}")) else None
        return self._row(frame.partition("|")[0], slots, label, kind, style, thing, shown)

    def _figures(self, label: str) -> Row:
        rng = self._rng
        style = rng.choice(("headline", "wire", "post"))
        form = rng.choice(
            ("figures", "figures", "figures", "consensus", "consensus", "eps", "eps", "net", "bps", "bps")
        )
        if self._language == "zh" and rng.random() < 0.2:
            form = "signed"
        up = label == POSITIVE
        if form in ("eps", "net"):
            slots = subject(self._names, rng, style, self._language) | period(rng, self._language)
            if form == "eps":
                now, then = figures.per_share(rng, up)
                mark = rng.choice(("$", "$", "$", "€", "")) if self._language == "en" else ""
                slots |= {"e": f"{mark}{now:.2f}", "f": f"{mark}{then:.2f}"}
            else:
                now_, then_ = figures.result(rng, up)
                if self._language == "zh":
                    now_, then_ = (x.replace("(", "-").replace(")", "") for x in (now_, then_))
                slots |= {"e": now_, "f": then_}
            return self._row(rng.choice(self._frames[form]), slots, label, "figures", style, None, None)
        thing = self._thing(None, 0.85)
        while (
            (form == "bps" and thing.unit != "%")
            or (form == "signed" and thing.unit in ("%", "i"))
            or (form in ("figures", "consensus") and not thing.unit)
        ):
            thing = self._thing(None, 0.85)
        up = thing.tone == label
        fit = [f for f in self._frames[form] if _fits(f, thing)]
        if not fit:
            return self._figures(label)
        numbers = figures.draw(rng, self._language, thing, up)
        slots = self._slots(thing, style, None, "more", label)
        words = ("up", "down") if self._language == "en" else ("上升", "下降")
        slots |= {
            "L": numbers.level,
            "P": numbers.before,
            "B": numbers.points,
            "sign": numbers.signed,
            "updown": words[0] if up else words[1],
        }
        return self._row(rng.choice(fit).partition("|")[0], slots, label, "figures", style, thing, None)

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
    ) -> Row:
        if any(
            f"{{{slot}}}" in frame and not slots.get(slot) for slot in ("c2", "ft", "to", "L", "B", "n", "n0")
        ):
            return self.make(kind, label)
        text, roles = read(frame.format_map(slots), (label,))
        style = "headline" if style == "bare" else style
        return Row(
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


def _fits(frame: str, thing: Thing) -> bool:
    flags = frame.partition("|")[2].split(",")
    if ("economy" in flags) != (thing.scope == "economy"):
        return False
    return ("gap" not in flags or thing.gap) and ("level" not in flags or bool(thing.unit))


def _noun(noun: str) -> str:
    return "" if not noun else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
