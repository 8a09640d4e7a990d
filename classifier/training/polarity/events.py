"""Texts about an event that is good or bad for its subject, and what becomes of it."""

from random import Random
from typing import Final

from classifier.training.polarity import lexicon
from classifier.training.polarity.lexicon import Happening, Names
from classifier.training.polarity.rows import NEGATIVE, NEUTRAL, PolarityRow, opposite, read
from classifier.training.polarity.wording import article, subject

EFFECT: Final = {
    "begins": 1, "confirmed": 1, "persists": 1, "unaverted": 1,
    "ended": -1, "averted": -1, "denied": -1, "withdrawn": -1, "expected": 0,
}  # fmt: skip
"""What a fate does to the tone of the event: 1 keeps it, -1 turns it round, 0 leaves nothing of it."""
KINDS: Final = ("begins", "confirmed", "persists", "ended", "averted", "denied", "withdrawn", "expected")
_TAILS: Final = {
    "en": (", filing shows", ", people familiar say", ", company says", " - newspaper", ", statement says"),
    "zh": ("，公司今日公告", "——媒体", "（公告）"),
}


class Events:
    """Makes rows of one language and split."""

    def __init__(self, language: str, split: str, rng: Random) -> None:
        self._language, self._split, self._rng = language, split, rng
        self._names = Names(language, rng)
        self._all = lexicon.happenings(language, split)

    def make(self, fate: str, label: str) -> PolarityRow:
        """Return a row of a kind of KINDS with the label; `expected` is always neutral."""
        if fate == "averted" and label == NEGATIVE:
            fate = "unaverted"
        fit = [h for h in self._all if h.fate == fate and (EFFECT[fate] == 0 or meaning(h) == label)]
        groups = sorted({h.group for h in fit})
        if not fit:
            return self.make(fate, opposite(label))
        group = self._rng.choice(groups)
        verbs = sorted({h.verb for h in fit if h.group == group})
        verb = self._rng.choice(verbs)
        return self._row(self._rng.choice([h for h in fit if h.group == group and h.verb == verb]))

    def clause(self, label: str, sector: str) -> str:
        """Return a sentence with {S} left open, of the label, said of a company of the sector."""
        fit = [
            (h, t)
            for h in self._all
            if EFFECT[h.fate] and meaning(h) == label and h.wording.endswith((".", "。"))
            for t in h.things
            if not lexicon.sectors(t) or sector in lexicon.sectors(t)
        ]
        return self._fill(*self._rng.choice(fit))

    def _fill(self, happening: Happening, thing: str) -> str:
        wording = happening.wording.partition("|")[0]
        return wording.replace("{t}", lexicon.bare(thing)).replace("{a}", article(thing))

    def _row(self, happening: Happening) -> PolarityRow:
        rng, label = self._rng, meaning(happening)
        number = happening.wording.partition("|")[2]
        fit = [t for t in happening.things if not number or (number == "p") == ("|p" in t)]
        thing = rng.choice(fit or happening.things)
        wording = self._fill(happening, thing)
        sentence = wording.endswith((".", "。"))
        style = "sentence" if sentence else rng.choice(("headline", "headline", "headline", "wire", "post"))
        if style == "headline" and rng.random() < 0.15:
            wording += rng.choice(_TAILS[self._language])
        if style == "wire":
            wording = f"BRIEF-{wording}" if self._language == "en" else f"【{wording}】"
        slots = subject(self._names, rng, style, self._language, lexicon.sectors(thing))
        text, roles = read(wording.format_map(slots), (label,))
        register = "news" if style != "post" else ("social" if self._language == "en" else "forum")
        return PolarityRow(
            text,
            label,
            happening.fate.removeprefix("un"),
            self._language,
            self._split,
            style,
            register,
            lexicon.bare(thing),
            happening.verb,
            _also(happening),
            roles,
        )


def meaning(happening: Happening) -> str:
    """Return the label: the event's tone, turned round by a fate that takes the event away."""
    effect = EFFECT[happening.fate]
    return NEUTRAL if effect == 0 else happening.tone if effect == 1 else opposite(happening.tone)


def _also(happening: Happening) -> str | None:
    """Denied bad news is good news to some and no news to others."""
    return NEUTRAL if happening.fate == "denied" and happening.tone == NEGATIVE else None
