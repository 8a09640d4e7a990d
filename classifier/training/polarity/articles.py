"""Long texts: what happened stands behind, or amid, sentences that say nothing about it."""

from random import Random
from typing import Any

from classifier.training.polarity import lexicon
from classifier.training.polarity.events import Events
from classifier.training.polarity.lexicon import Names
from classifier.training.polarity.quantities import Quantities
from classifier.training.polarity.rows import NEUTRAL, PolarityRow, marked, read
from classifier.training.polarity.wording import genitive


class Articles:
    """Makes rows of one language and split."""

    def __init__(self, language: str, split: str, rng: Random) -> None:
        self._language, self._split, self._rng = language, split, rng
        self._names = Names(language, rng)
        self._events, self._quantities = Events(language, split, rng), Quantities(language, split, rng)
        self._table: dict[str, Any] = lexicon.table(f"leads_{language}")

    def make(self, label: str) -> PolarityRow:
        """Return a row of 5 to 16 sentences, one to three of which carry the label; a fifth carry none (neutral)."""
        rng = self._rng
        sector = self._names.sector()
        name = marked(self._names.company((sector,))[0])
        sentences = [self._neutral(s, name) for s in rng.sample(self._table["lead"], rng.randint(4, 13))]
        if rng.random() < 0.2:
            return self._row(sentences, NEUTRAL)
        happened = sorted({self._events.clause(label, sector) for _ in range(rng.choice((1, 1, 2)))})
        if rng.random() < 0.6:
            happened.append(self._quantities.sentence(label))
        news = [_open(clause, name, self._language) for clause in happened]
        bridge = rng.choice(self._table["bridge"])
        at = len(sentences) if rng.random() < 0.5 else rng.randint(len(sentences) // 2, len(sentences))
        return self._row(sentences[:at] + [bridge] * bool(bridge) + news + sentences[at:], label)

    def _row(self, parts: list[str], label: str) -> PolarityRow:
        text, roles = read((" " if self._language == "en" else "").join(parts), (label,))
        return PolarityRow(
            text, label, "long", self._language, self._split, "article", "news", "", "", None, roles
        )

    def _neutral(self, sentence: str, name: str) -> str:
        return sentence.format(S=name, y=self._rng.randint(1921, 2014), k=self._rng.randint(4, 19))


def _open(clause: str, name: str, language: str) -> str:
    text = clause.replace("{Ss}", genitive(name)).replace("{S}", name)
    return text[0].upper() + text[1:] if language == "en" else text
