"""Figures of sets and probes outside the usual evaluation."""

import json
from pathlib import Path

import numpy as np
import pytest

from classifier.evaluation import off_corpus
from classifier.scoring.engine import Engine


def test_three_way() -> None:
    shares = np.array([[0.6, 0.3, 0.1], [0.3, 0.5, 0.2], [0.1, 0.2, 0.7], [0.5, 0.2, 0.3]])
    found = off_corpus.three_way([0, 0, 2, 2], shares)
    assert found["accuracy"] == 0.5
    assert found["polar"] == 0.75
    assert (found["recall_negative"], found["recall_positive"]) == (0.5, 0.5)
    assert "recall_neutral" not in found


def test_probe_files(tmp_path: Path, tiny_weights: Path) -> None:
    engine = Engine.load(tiny_weights)
    lines = tmp_path / "polarity.jsonl"
    rows = [
        {"text": "Costs fell 8%", "sentiment": s, "kind": k}
        for s, k in (("positive", "less"), ("negative", "x"))
    ]
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = off_corpus.polarity(engine, lines)
    assert found["rows"] == 2
    assert found["accuracy"] == pytest.approx((found["accuracy less"] + found["accuracy x"]) / 2)
    lines.write_text(json.dumps({
        "text": "Apple shares rise", "sentiment": "positive", "topic": ["equities_market"],
        "companies": {"US:AAPL": "positive", "US:NONE": "negative"},
    }))  # fmt: skip
    result = off_corpus.headlines(engine, lines)
    assert result["company_found"] == 0.5
    assert "agree" not in result
    assert off_corpus.table({"probe": result}).count("\n") == 3
