"""Reports as exchanges and agencies print them: several sentences and many figures, of which one or two decide."""

import re
from random import Random
from typing import Any, Final

from classifier.training.polarity import lexicon
from classifier.training.polarity.lexicon import Names
from classifier.training.polarity.rows import PolarityRow, marked, read

_SLOT: Final = re.compile(r"\{(\w)\}")
_QUARTERS: Final = {
    "en": ("first-quarter", "second-quarter", "third-quarter", "full-year", "half-year"),
    "zh": ("一季度", "三季度", "半年度", "前三季度", "年度"),
}


class Filings:
    """Makes rows of one language and split."""

    def __init__(self, language: str, split: str, rng: Random) -> None:
        self._language, self._split, self._rng = language, split, rng
        self._names = Names(language, rng)
        table: dict[str, Any] = lexicon.table(f"filings_{language}")
        self._tails = table["tails"]
        self._stories = [s for s in table["stories"] if s.get("held_out", False) == (split == "held_out")]

    def make(self, label: str) -> PolarityRow:
        """Return a row of the label, or in one of three cases a neutral one, of two to eight sentences."""
        rng = self._rng
        wanted = "neutral" if rng.random() < 1 / 3 else label
        story = rng.choice([s for s in self._stories if s["label"] == wanted] or self._stories)
        more = rng.sample(story["more"], rng.randint(0, min(3, len(story["more"]))))
        tails = rng.sample(self._tails, rng.randint(0, 4))
        parts = [rng.choice(story["open"]), *more, *tails]
        if rng.random() < 0.25:
            parts = [*tails, parts[0], *more]
        text = (" " if self._language == "en" else "").join(parts)
        text, roles = read(self._filled(text), (story["label"],))
        return PolarityRow(
            text,
            story["label"],
            "filing",
            self._language,
            self._split,
            "article",
            "news",
            "",
            story["verb"],
            roles=roles,
        )

    def _filled(self, text: str) -> str:
        name, tag = self._names.company()
        zh = self._language == "zh"
        code = (
            f"{self._rng.choice(('600', '000', '300', '688'))}{self._rng.randint(0, 999):03}"
            if zh
            else tag.strip("$")
        )
        fixed = {"S": marked(name), "K": code, "q": self._rng.choice(_QUARTERS[self._language])}
        unit = self._rng.choice(_UNITS[self._language])
        return _SLOT.sub(lambda m: fixed.get(m[1]) or self._figure(m[1], unit), text)

    def _figure(self, slot: str, unit: str) -> str:
        rng, zh = self._rng, self._language == "zh"
        if slot in ("m", "r"):
            amounts = sorted((rng.uniform(1.1, 980), rng.uniform(1.1, 980)))
            return "至".join(
                unit.format(f"{a:.2f}" if zh else f"{a:.1f}") for a in amounts[: 1 if slot == "m" else 2]
            )
        if slot == "p":
            return f"{rng.uniform(0.8, 68):.{rng.choice((1, 2))}f}%"
        if slot == "s":
            return f"{rng.uniform(0.3, 9.9):.2f}%"
        if slot == "k":
            return str(rng.randint(2, 19))
        if slot in ("x", "e"):
            return f"{rng.uniform(2, 90):.2f}" if slot == "x" else f"${rng.uniform(0.1, 5):.2f}"
        if slot == "d":
            month, day = rng.randint(1, 12), rng.randint(1, 28)
            return f"{month}月{day}日" if zh else f"{day} {_MONTHS[month - 1]}"
        if slot == "y":
            return str(rng.randint(1988, 2025))
        return str(rng.randint(3, 4000)) if zh else f"{rng.randint(3, 24000):,}"


_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_UNITS: Final = {
    "en": ("EUR {} mn", "${} million", "{} million euros", "Rs {} crore", "${} billion"),
    "zh": ("{}亿元", "{}万元"),
}
