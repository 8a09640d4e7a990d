"""What the grammar makes: a text with its label, and the companies in it with theirs."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from classifier.reading.normal import normal

SPLITS: Final = ("train", "held_out")
"""held_out: every thing and verb of the text is among those that the split train never uses."""
POSITIVE: Final = "positive"
NEGATIVE: Final = "negative"
NEUTRAL: Final = "neutral"
_OPEN: Final = ("\ue000", "\ue002")
_CLOSE: Final = ("\ue001", "\ue003")


def opposite(label: str) -> str:
    """Return negative for positive, positive for negative, neutral for neutral."""
    return {POSITIVE: NEGATIVE, NEGATIVE: POSITIVE}.get(label, label)


@dataclass(frozen=True, slots=True)
class Role:
    """A company of a text: text[start:end] is its name, `label` what the text says about it."""

    name: str
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class PolarityRow:
    """One made text.

    `label`: negative, neutral, positive, or None where its two companies differ. `also`: a second label that a careful
    reader may give (a denied rumour is good news or none). `register`: news, social or forum. `style`: headline,
    sentence, wire, post or article. `thing`, `verb`: the entries of the tables that were used, "" for none.
    `topics`: those it has for certain, () where nothing is known of them.
    """

    text: str
    label: str | None
    kind: str
    language: str
    split: str
    style: str
    register: str
    thing: str = ""
    verb: str = ""
    also: str | None = None
    roles: tuple[Role, ...] = ()
    topics: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as for a line of JSON."""
        return asdict(self)


def marked(name: str, which: int = 0) -> str:
    """Return the name between marks that `read` finds again; `which`: 0 the first company, 1 the second."""
    return f"{_OPEN[which]}{name}{_CLOSE[which]}"


def read(text: str, labels: tuple[str, ...]) -> tuple[str, tuple[Role, ...]]:
    """Return the text without marks, in its normal form and beginning with a capital, and the roles marked in it.

    A company that stands twice has the role of its first place; `labels` are those of the companies by number.
    """
    text = normal(text)
    first = next((i for i, c in enumerate(text) if c not in _OPEN), 0)
    if text[first : first + 1].isascii():
        text = text[:first] + text[first : first + 1].upper() + text[first + 1 :]
    places: dict[int, tuple[int, int]] = {}
    plain: list[str] = []
    start = 0
    for c in text:
        if c in _OPEN:
            start = len(plain)
        elif c in _CLOSE:
            places.setdefault(_CLOSE.index(c), (start, len(plain)))
        else:
            plain.append(c)
    bare = "".join(plain)
    roles = tuple(Role(bare[a:b], a, b, labels[k]) for k, (a, b) in sorted(places.items()) if k < len(labels))
    return bare, roles
