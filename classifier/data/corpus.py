"""The labelled sets as one list of examples, each with the targets it has and marks for those it has not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from classifier.data import splits, weak
from classifier.labels import (
    FINESE,
    FINESE_NEGATIVE,
    FINNL,
    FINNL_LABELS,
    REUTERS,
    TWITTER_LABELS,
    TWITTER_TOPICS,
)
from classifier.reading.normal import normal
from classifier.taxonomy import TOPIC_NAMES

NEGATIVE, NEUTRAL, POSITIVE = 0, 1, 2
NONE, NOT_NEGATIVE = -1, 10
"""Sentiment targets: a class, nothing known, or only that it is not negative (FinNSP)."""
_CLASS = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}
_UNKNOWN = [-1] * len(TOPIC_NAMES)
_MOSTLY_CLEAN_BODY = 700


@dataclass(slots=True)
class Example:
    """One text and its targets. `spans`: (start, end, sentiment) in characters of the normal text.

    `stance`: an index into labels.STANCES, or -1. `two_class`: of a set that has no neutral.
    """

    set: str
    text: str
    register: int
    language: str
    sentiment: int = NONE
    two_class: bool = False
    twitter: int = -1
    finnl: tuple[int, ...] | None = None
    stance: int = -1
    topics: list[int] = field(default_factory=lambda: list(_UNKNOWN))
    spans: list[tuple[int, int, int]] = field(default_factory=list)
    stratum: str = ""
    side: str = "train"


def _phrasebank(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "sentiment/en_phrasebank.parquet").itertuples():
        yield Example("phrasebank", normal(row.text), 0, "en", _CLASS[row.label], stratum=row.label)


def _twitter_sentiment(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "sentiment/en_twitter.parquet").itertuples():
        text = normal(row.text)
        topics = weak.refine(text, "en", _UNKNOWN)
        yield Example("twitter", text, 1, "en", _CLASS[row.label], topics=topics, stratum=row.label)


def _sentfin(folder: Path) -> Iterator[Example]:
    entities = pd.read_parquet(folder / "sentiment/en_sentfin_entities.parquet").groupby("headline_id")
    by_id = {k: list(zip(g.entity, g.label, strict=True)) for k, g in entities}
    for row in pd.read_parquet(folder / "sentiment/en_sentfin_headlines.parquet").itertuples():
        text = normal(row.text)
        example = Example("sentfin", text, 0, "en", _CLASS.get(row.label, NONE), stratum=row.label)
        for entity, label in by_id.get(row.headline_id, ()):
            at = text.find(normal(entity))
            if at >= 0:
                example.spans.append((at, at + len(normal(entity)), _CLASS[label]))
        example.topics = weak.refine(text, "en", _UNKNOWN)
        yield example


def _finfe(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "sentiment/zh_finfe.parquet").itertuples():
        yield Example("finfe", normal(row.text), 2, "zh", _CLASS[row.label], stratum=row.label)


def _zh_stock_news(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "sentiment/zh_stock_news.parquet").itertuples():
        text = normal(row.text)
        label = _CLASS[row.label]
        topics = weak.refine(text, "zh", _UNKNOWN, company=True)
        example = Example("zh_stock_news", text, 0, "zh", label, True, topics=topics, stratum=row.label)
        company = normal(str(row.company))
        if (at := text.find(company)) >= 0:
            example.spans.append((at, at + len(company), label))
        yield example


def _twitter_topics(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "topics/en_twitter.parquet").itertuples():
        text = normal(row.text)
        topics = weak.refine(text, "en", TWITTER_TOPICS.target([row.label]))
        native = TWITTER_LABELS.index(row.label)
        yield Example("twitter_topics", text, 1, "en", twitter=native, topics=topics, stratum=row.label)


def _finnl(folder: Path) -> Iterator[Example]:
    frame = pd.read_parquet(folder / "topics/zh_finnl.parquet")
    count = frame.labels.explode().value_counts()
    for row in frame.itertuples():
        labels = list(row.labels)
        text = normal(row.text)
        topics = weak.refine(text, "zh", FINNL.target(labels), company="公司" in labels)
        native = tuple(int(name in labels) for name in FINNL_LABELS)
        rarest = min(labels, key=lambda name: int(count[name]))
        yield Example("finnl", text, 0, "zh", finnl=native, topics=topics, stratum=rarest)


def _finese(folder: Path) -> Iterator[Example]:
    frame = pd.read_parquet(folder / "subjects/zh_finese.parquet")
    for text, rows in frame.groupby("text", sort=False):
        events = sorted(set(rows.event_type))
        body = normal(str(text))
        example = Example("finese", body, 0, "zh", stratum=events[0])
        if "其他" not in events:
            example.topics = FINESE.target(events)
        for subject, event in zip(rows.subject, rows.event_type, strict=True):
            name = normal(str(subject))
            at = body.find(name) if name and name != "nan" else -1
            if at >= 0 and event in FINESE_NEGATIVE:
                example.spans.append((at, at + len(name), NEGATIVE))
        yield example


def _finnsp(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "subjects/zh_finnsp.parquet").itertuples():
        text = normal(str(row.text))[:_MOSTLY_CLEAN_BODY]
        negative = row.negative == "1"
        label = NEGATIVE if negative else NOT_NEGATIVE
        example = Example("finnsp", text, 2, "zh", label, stratum=str(row.label))
        bad = set(str(row.key_entities).split(";"))
        for entity in str(row.entities).split(";"):
            name = normal(entity)
            if name and (at := text.find(name)) >= 0:
                example.spans.append((at, at + len(name), NEGATIVE if entity in bad else NOT_NEGATIVE))
        yield example


def _reuters(folder: Path) -> Iterator[Example]:
    frame = pd.read_parquet(folder / "replay/en_reuters_1987.parquet")
    for row in frame[frame.has_topics == "YES"].itertuples():
        title, body = str(row.title or ""), str(row.body or "")[:400]
        known = [t for t in row.topics if t in REUTERS.table]
        if not title or not (known or weak.about_stocks(title)):
            continue
        topics = REUTERS.target(known) if known else list(_UNKNOWN)
        if weak.about_stocks(title):
            topics[TOPIC_NAMES.index("equities_market")] = 1
        elif topics[TOPIC_NAMES.index("equities_market")] == 0 and "share" in body:
            topics[TOPIC_NAMES.index("equities_market")] = -1
        text = f"{normal(title)}\n{normal(body)}"
        stratum = known[0] if known else "stocks"
        yield Example("reuters", text, 0, "en", topics=topics, stratum=stratum)


SETS: dict[str, Callable[[Path], Iterator[Example]]] = {
    "phrasebank": _phrasebank,
    "twitter": _twitter_sentiment,
    "sentfin": _sentfin,
    "finfe": _finfe,
    "zh_stock_news": _zh_stock_news,
    "twitter_topics": _twitter_topics,
    "finnl": _finnl,
    "finese": _finese,
    "finnsp": _finnsp,
    "reuters": _reuters,
}
"""Name -> loader. Names are used in recipes, reports and the model card."""

COMMERCIAL = ("twitter", "sentfin", "twitter_topics", "reuters")
"""Sets whose stated licence allows commercial use: the `permissive` recipe (MIT; Reuters: CC BY 4.0 at UCI)."""


def load(
    folder: Path,
    names: tuple[str, ...] = tuple(SETS),
    seed: int = 1,
    watch: Callable[[str], None] | None = None,
) -> list[Example]:
    """Read the named sets below `folder` and give each example its side; `watch` is called with what comes next.

    Raises FileNotFoundError where a set is absent, KeyError for a name not in SETS.
    """
    watch = watch or (lambda _: None)
    examples: list[Example] = []
    for at, name in enumerate(names, 1):
        watch(f"reading {folder}: {name} ({at}/{len(names)})")
        examples += [e for e in SETS[name](folder) if e.text]
    watch(f"splitting {len(examples):,} texts so that no two alike lie on two sides")
    group = splits.groups([e.text[:600] for e in examples])
    sides = splits.split(group, [f"{e.set}/{e.stratum}" for e in examples], seed)
    for example, side in zip(examples, sides, strict=True):
        example.side = side
    return examples


def class_counts(examples: list[Example]) -> dict[str, int]:
    """Return how many examples each set/stratum has (for oversampling rare ones)."""
    counts: dict[str, int] = {}
    for e in examples:
        counts[f"{e.set}/{e.stratum}"] = counts.get(f"{e.set}/{e.stratum}", 0) + 1
    return counts


__all__ = ["COMMERCIAL", "NONE", "NOT_NEGATIVE", "SETS", "Example", "class_counts", "load"]
