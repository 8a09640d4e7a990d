"""Texts about a quantity: it becomes more or less, as expected or not, by figures told or not."""

from typing import Final

from classifier.training.polarity import figures
from classifier.training.polarity.lexicon import Thing
from classifier.training.polarity.quantity_writer import QuantityWriter
from classifier.training.polarity.rows import NEGATIVE, NEUTRAL, POSITIVE, PolarityRow, opposite
from classifier.training.polarity.wording import period, subject

KINDS: Final = (
    "more",
    "less",
    "degree",
    "actor",
    "attempt",
    "persists",
    "negated",
    "feared",
    "expected",
    "plain",
    "figures",
    "market",
)
_ADVERBS: Final = {
    ("en", "slight"): ("slightly", "marginally", "a little"),
    ("en", "strong"): ("sharply",),
    ("zh", "slight"): ("略微", "小幅"),
    ("zh", "strong"): ("大幅", "显著", "明显"),
}


class Quantities(QuantityWriter):
    """Makes rows of one language and split."""

    def make(self, kind: str, label: str) -> PolarityRow:
        """Return a row of a kind of KINDS; `label` is given to it, but expected and plain are always neutral."""
        if kind in ("more", "less", "degree", "market"):
            return self._change(kind, label)
        if kind in ("actor", "attempt", "persists", "negated"):
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

    def _change(self, kind: str, label: str) -> PolarityRow:
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
        slots = self._slots(thing, style, verb, direction, label)
        if "{adv}" in frame:
            level = self._rng.choice(("slight", "strong"))
            slots["adv"] = self._rng.choice(_ADVERBS[self._language, level])
            kind = "degree"
        return self._row(frame, slots, label, kind, style, thing, verb)

    def _action(self, kind: str, label: str) -> PolarityRow:
        rng = self._rng
        direction = rng.choice(("raise", "cut"))
        if kind in ("persists", "negated"):
            way = rng.choice(("more", "less"))
            said = opposite(label) if kind == "negated" else label
            thing = self._thing(said if way == "more" else opposite(said), 1.0)
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
        other = self._verb(thing, "less" if way == "more" else "more", ("plain",))
        slots |= {"b": verb.base, "d2": other.past, "v2": other.present}
        slots |= {"x": verb.present, "xd": verb.past, "xb": verb.base, "xg": verb.ing}
        return self._row(frame, slots, label, kind, style, thing, verb)

    def _stated(self, kind: str, label: str) -> PolarityRow:
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

    def _figures(self, label: str) -> PolarityRow:
        if self._rng.random() < 0.22:
            return self._turn(label)
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
                slots |= {"e": now_, "f": then_} | dict(zip("gh", figures.result(rng, up), strict=True))
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

    def _turn(self, label: str) -> PolarityRow:
        """Return a row of two amounts whose names (profit, loss, forecast) say which of them should be the larger."""
        style = self._rng.choice(("headline", "wire", "post"))
        frame = self._rng.choice(self._frames["turns"][label])
        slots = subject(self._names, self._rng, style, self._language) | period(self._rng, self._language)
        slots |= figures.pair(self._rng, self._language)
        return self._row(frame, slots, label, "figures", style, None, None)


def _fits(frame: str, thing: Thing) -> bool:
    flags = frame.partition("|")[2].split(",")
    if ("economy" in flags) != (thing.scope == "economy"):
        return False
    return ("gap" not in flags or thing.gap) and ("level" not in flags or bool(thing.unit))
