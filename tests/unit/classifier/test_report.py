"""The report and the card say what was measured, and no more."""

from pathlib import Path
from typing import Any

import numpy as np

from classifier.evaluation import report
from classifier.evaluation.card import card
from classifier.evaluation.run import _three, write_card


def result(accuracy_rows: int = 8) -> dict[str, Any]:
    truth = np.array([0, 1, 2] * 4)
    cells = []
    for i, t in enumerate(truth):
        p = np.full(3, 0.1)
        p[t if i < accuracy_rows else (t + 1) % 3] = 0.8
        cells.append((p, i % 6 == 0))
    one = {
        "texts": 12, "language": "en", "texts_per_s": 100.0, "register_accuracy": 1.0,
        "sentiment": _three(truth, cells),
    }  # fmt: skip
    return {
        "model_version": "nq1-x",
        "backend": "onnx-int8",
        "split": "dev",
        "recipe": "tiny",
        "sets": {"phrasebank": one},
    }


def test_a_bar_is_reached_or_it_is_not() -> None:
    assert "| Financial PhraseBank, accuracy | 1.000 | 0.88 | reached |" in report.markdown(result(12), [])
    assert "| Financial PhraseBank, accuracy | 0.667 | 0.88 | not reached |" in report.markdown(result(8), [])


def test_sets_that_were_not_measured_have_no_figure() -> None:
    assert "FinFE" not in report.markdown(result(), [])
    assert "| FinFE, accuracy | – | – | 0.80 | – |" in card(result(), {"seed": 1, "sets": ["phrasebank"]})


def test_the_card_names_the_sets_over_the_calibration_bar() -> None:
    assert "over on phrasebank" in card(result(8), {})


def test_the_card_is_written_with_its_plots_and_the_other_recipes_figures(tmp_path: Path) -> None:
    import json

    out = tmp_path / "out"
    out.mkdir()
    report.plots(result(), out)
    other = tmp_path / "other.json"
    other.write_text(json.dumps(result(12)))
    write_card(tmp_path / "docs" / "card.md", result(), {}, out, other)
    text = (tmp_path / "docs" / "card.md").read_text(encoding="utf-8")
    assert "| Financial PhraseBank, accuracy | 0.667 | 1.000 | 0.88 | not reached |" in text
    assert {p.name for p in (tmp_path / "docs" / "images").glob("*.png")} == {
        p.name for p in out.glob("*.png")
    }
