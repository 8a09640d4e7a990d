"""Does the model understand what happens to a thing? Accuracy on texts of our own and on the probe.

    python -m classifier.evaluation.polarity [--model DIR] [--json] [--wrong]

Sentiment is the most probable class, also where the model abstains; how often it does stands beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from classifier.entities.linker import Linker, default_linker
from classifier.evaluation import own_sets
from classifier.evaluation.own_sets import EvaluationText
from classifier.records import MentionScore, Score, Text
from classifier.scoring.engine import Engine

FALSE_TOPIC: Final = 5_000
"""A topic of .5 or more on a text without finance is false (`general` aside)."""
Counts = dict[str, dict[str, float]]


class TextScorer(Protocol):
    """What is needed of an engine."""

    def score(self, texts: Sequence[Text]) -> list[Score]:
        """One score a text, in order."""


def measure(engine: TextScorer, linker: Linker, probe: Path = own_sets.PROBE) -> dict[str, Any]:
    """Return {"polarity", "roles", "not_finance", "long_negative"[, "probe_polarity", "probe_headlines"]}.

    Each holds tables by "language kind" with shares between 0 and 1 and "texts", and "wrong": lines for people. The
    probe's are there where its folder is.
    """
    sets = {name: own_sets.load(name) for name in own_sets.NAMES}
    for name in ("polarity", "headlines"):
        if (probe / f"{name}.jsonl").is_file():
            sets[f"probe_{name}"] = own_sets.read(probe / f"{name}.jsonl")
    out: dict[str, Any] = {}
    for name, rows in sets.items():
        scores = engine.score([Text(row.text) for row in rows])
        out[name] = {"sentiment": sentiment(rows, scores), "wrong": wrong(rows, scores)}
        if any(row.companies for row in rows):
            out[name]["companies"] = companies(rows, scores, linker)
        if any(row.topics for row in rows):
            out[name]["topics"] = top_topics(rows, scores)
    rows = sets["not_finance"]
    out["not_finance"] = {"topics": false_topics(rows, engine.score([Text(row.text) for row in rows]))}
    return out


def sentiment(rows: Sequence[EvaluationText], scores: Sequence[Score]) -> Counts:
    """Return by "language kind", "language" and "all": texts, accuracy, abstained (share of the texts)."""
    pairs = [(row, score) for row, score in zip(rows, scores, strict=True) if row.sentiments]
    return _grouped(
        (row, {"accuracy": score.sentiment in row.sentiments, "abstained": score.abstained})
        for row, score in pairs
    )


def companies(rows: Sequence[EvaluationText], scores: Sequence[Score], linker: Linker) -> Counts:
    """Return by group: texts (here: labelled companies), found, accuracy (of those found), of_all (of all)."""
    counted: list[tuple[EvaluationText, dict[str, bool | None]]] = []
    for row, score in zip(rows, scores, strict=True):
        mentions = {m.entity: m for m in score.mentions}
        for name, answers in row.companies.items():
            mention = mentions.get(name) or next(
                (mentions[e] for e in _ids(row.text, name, linker) if e in mentions), None
            )
            right = mention is not None and told(mention) in answers
            counted.append(
                (row, {"found": bool(mention), "accuracy": right if mention else None, "of_all": right})
            )
    return _grouped(counted)


def told(mention: MentionScore) -> str:
    """Return the most probable class of a company."""
    shares = {"negative": mention.p_negative, "neutral": mention.p_neutral, "positive": mention.p_positive}
    return max(shares, key=lambda label: shares[label])


def top_topics(rows: Sequence[EvaluationText], scores: Sequence[Score]) -> Counts:
    """Return by group: texts and accuracy of the most probable topic (general where none stands out)."""
    return _grouped(
        (row, {"accuracy": max(score.topics, key=lambda t: score.topics[t], default="general") in row.topics})
        for row, score in zip(rows, scores, strict=True)
        if row.topics
    )


def false_topics(rows: Sequence[EvaluationText], scores: Sequence[Score]) -> Counts:
    """Return by group: texts and false (share with any topic but general at .5 or more)."""
    return _grouped(
        (row, {"false": any(p >= FALSE_TOPIC for topic, p in score.topics.items() if topic != "general")})
        for row, score in zip(rows, scores, strict=True)
    )


def wrong(rows: Sequence[EvaluationText], scores: Sequence[Score]) -> list[str]:
    """Return a line for each text whose sentiment is none of the accepted ones."""
    return [
        f"{row.id} {row.kind}: {row.text[:120]} -> {score.sentiment}{' (abstained)' if score.abstained else ''}"
        for row, score in zip(rows, scores, strict=True)
        if row.sentiments and score.sentiment not in row.sentiments
    ]


def _ids(text: str, name: str, linker: Linker) -> list[str]:
    return [found.entity for found in linker.find(text) if found.surface in name or name in found.surface]


def _grouped(counted: Iterable[tuple[EvaluationText, dict[str, bool | None]]]) -> Counts:
    """Means of the flags by group; None counts in no mean."""
    values: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for row, flags in counted:
        for group in ("all", row.language, f"{row.language} {row.kind}"):
            values[group]["texts"].append(True)
            for flag, value in flags.items():
                if value is not None:
                    values[group][flag].append(value)
    return {
        group: {k: len(v) if k == "texts" else round(sum(v) / len(v), 4) for k, v in flags.items() if v}
        for group, flags in sorted(values.items())
        if not group.endswith(" all")
    }


def table(result: dict[str, Any]) -> str:
    """As Markdown."""
    lines = []
    for name, tables in result.items():
        for what, counts in tables.items():
            if what == "wrong" or not counts:
                continue
            columns = list(counts["all"])
            lines += [
                f"\n{name}, {what}\n",
                f"| | {' | '.join(columns)} |",
                "|---" * (len(columns) + 1) + "|",
            ]
            lines += [
                f"| {group} | {' | '.join(str(row.get(c, '')) for c in columns)} |"
                for group, row in counts.items()
            ]
    return "\n".join(lines).lstrip() + "\n"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="a weights folder; default: the shipped one")
    parser.add_argument("--json", action="store_true", help="JSON instead of Markdown")
    parser.add_argument("--wrong", action="store_true", help="also the texts that were answered wrongly")
    options = parser.parse_args()
    linker = default_linker()
    result = measure(Engine.load(options.model, linker=linker), linker)
    sys.stdout.write(
        json.dumps(result, ensure_ascii=False, indent=1) + "\n" if options.json else table(result)
    )
    for name, tables in result.items() if options.wrong and not options.json else ():
        for line in tables.get("wrong", ()):
            sys.stdout.write(f"{name} {line}\n")


if __name__ == "__main__":
    main()
