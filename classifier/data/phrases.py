"""Headlines put together from phrases.yaml: all for training, none is ever measured on.

They are appended behind the public sets, after those have been given their sides, so that they move no split.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from classifier.data import weak
from classifier.data.corpus import NEGATIVE, NEUTRAL, NONE, POSITIVE, Example
from classifier.reading.normal import normal
from classifier.taxonomy import TOPIC_NAMES

FILE: Final = Path(__file__).with_name("phrases.yaml")
NAME: Final = "phrases"
_CLASS = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}
_PAIRS = 0.5
_WITHOUT_COMPANY = 0.04


def make(count: int, seed: int) -> list[Example]:
    """Return `count` examples, half of them of two companies; the same for the same seed."""
    table = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    rng = np.random.default_rng(seed)
    return [_one(table, rng) for _ in range(count)]


def _one(table: dict[str, Any], rng: np.random.Generator) -> Example:
    language = "en" if rng.random() < 0.35 else "zh"
    at = 1 if language == "en" else 2
    draw = rng.random()
    if draw < _WITHOUT_COMPANY:
        row = _pick(table["policy"], rng)
        return _example(_number(row[at], rng), language, _CLASS[row[0]], [])
    names = [str(table["names"][language][i]) for i in rng.permutation(len(table["names"][language]))[:2]]
    if draw < 2 * _WITHOUT_COMPANY:
        row = _pick(table["market"], rng)
        return _example(row[at].format(c=names[0]), language, _CLASS[row[0]], [(names[0], _CLASS[row[0]])])
    first, second = _pick(table["events"], rng), _pick(table["events"], rng)
    if rng.random() >= _PAIRS:
        form = _pick(table["single"][language], rng)
        text = form.format(c=names[0], e=_number(first[at], rng), k=f"{int(rng.integers(1000)):03d}")
        return _example(text, language, _CLASS[first[0]], [(names[0], _CLASS[first[0]])])
    form = _pick(table["pair"][language], rng)
    text = form.format(a=names[0], b=names[1], e=_number(first[at], rng), f=_number(second[at], rng))
    one, two = _CLASS[first[0]], _CLASS[second[0]]
    return _example(text, language, one if one == two else NONE, [(names[0], one), (names[1], two)])


def _example(text: str, language: str, sentiment: int, about: list[tuple[str, int]]) -> Example:
    text = normal(text)
    topics = weak.refine(text, language, [-1] * len(TOPIC_NAMES))
    example = Example(NAME, text, 0, language, sentiment, topics=topics, stratum=str(sentiment))
    for name, label in about:
        start = text.find(normal(name))
        if start >= 0:
            example.spans.append((start, start + len(normal(name)), label))
    return example


def _pick(rows: list[Any], rng: np.random.Generator) -> Any:
    return rows[int(rng.integers(len(rows)))]


def _number(text: str, rng: np.random.Generator) -> str:
    return str(text).replace("{n}", str(int(rng.integers(2, 60))))
