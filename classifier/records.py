"""The engine's input and output. Probabilities are integers in 1/10,000, rounded once, here."""

from dataclasses import dataclass
from typing import Final

import numpy as np

UNIT_SCALE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Text:
    """One article to score. `language` and `register` are detected where None.

    A given language other than en and zh is kept, and the score abstains.
    """

    title: str
    body: str = ""
    language: str | None = None
    register: str | None = None


@dataclass(frozen=True, slots=True)
class MentionScore:
    """The sentiment towards a company that the text names, in 1/10,000; the three probabilities sum to 10,000."""

    entity: str
    name: str
    relevance: int
    p_negative: int
    p_neutral: int
    p_positive: int
    abstained: bool


@dataclass(frozen=True, slots=True)
class Score:
    """The scores of one text, in 1/10,000. The three sentiment probabilities sum to exactly 10,000."""

    p_negative: int
    p_neutral: int
    p_positive: int
    abstained: bool
    topics: dict[str, int]
    mentions: tuple[MentionScore, ...]
    signature: str
    language: str
    register: str
    model_version: str

    @property
    def sentiment(self) -> str:
        """The most probable class, also when abstained; ties go to neutral, then negative."""
        best = max(self.p_negative, self.p_neutral, self.p_positive)
        if self.p_neutral == best:
            return "neutral"
        return "negative" if self.p_negative == best else "positive"


def shares(probabilities: np.ndarray) -> tuple[int, int, int]:
    """Round three probabilities to 1/10,000 so that they sum to exactly 10,000 (largest remainder).

    >>> shares(np.array([1 / 3, 1 / 3, 1 / 3]))
    (3334, 3333, 3333)
    """
    scaled = np.asarray(probabilities, dtype=np.float64) * UNIT_SCALE
    whole = np.floor(scaled).astype(int)
    for i in np.argsort(-(scaled - whole), kind="stable")[: UNIT_SCALE - int(whole.sum())]:
        whole[i] += 1
    return int(whole[0]), int(whole[1]), int(whole[2])
