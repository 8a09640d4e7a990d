"""The evaluation texts of our own (sets/*.jsonl) and the probe: no one of them is trained on."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).with_name("sets")
PROBE: Final = Path("../shared/data/probe")
NAMES: Final = ("polarity", "roles", "not_finance", "long_negative")


@dataclass(frozen=True, slots=True)
class EvaluationText:
    """One text. `sentiments`, `topics`: the accepted answers, () where none is asked for.

    `companies`: a company's name in the text, or its id -> the accepted answers.
    """

    id: str
    text: str
    language: str
    kind: str
    sentiments: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    companies: dict[str, tuple[str, ...]] = field(default_factory=dict)


def load(name: str) -> list[EvaluationText]:
    """Return the texts of one of NAMES, in the order of its file."""
    return read(FOLDER / f"{name}.jsonl")


def read(file: Path) -> list[EvaluationText]:
    """Return the texts of a file of JSON lines with id, text, lang and what is labelled of kind or category, sentiment,
    topic, companies (one answer, or a list of them).

    Raises OSError where the file cannot be read, ValueError or KeyError for lines that are not of this form.
    """
    return [
        _labelled(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()
    ]


def _labelled(row: dict[str, Any]) -> EvaluationText:
    companies = {name: _answers(told) for name, told in row.get("companies", {}).items()}
    return EvaluationText(
        row["id"],
        row["text"],
        row["lang"],
        row.get("kind") or row.get("category") or "all",
        _answers(row.get("sentiment")),
        _answers(row.get("topic")),
        {name: answers for name, answers in companies.items() if answers},
    )


def _answers(told: Any) -> tuple[str, ...]:
    if told is None:
        return ()
    return (told,) if isinstance(told, str) else tuple(told)
