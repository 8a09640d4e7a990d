"""The report and the card say what was measured, and no more."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from classifier.cli import _beside, app
from classifier.evaluation import report
from classifier.evaluation.card import Extras, card
from classifier.evaluation.run import _three, write_card
from core.errors import ConfigError


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


def test_two_companies_of_one_headline_stand_in_the_report() -> None:
    told = {"zh": {"headlines": 20, "linked": 16, "right": 13, "wrong": []}}
    assert "| zh | 20 | 16 | 13 |" in report.markdown({**result(), "contrasts": told}, [])


def test_the_card_names_the_sets_over_the_calibration_bar() -> None:
    assert "over on phrasebank" in card(result(8), {})


def test_the_card_is_written_with_its_plots_and_the_other_recipes_figures(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    report.plots(result(), out)
    other = {**result(12), "recipe": "permissive", "trained_on": ["twitter"]}
    write_card(tmp_path / "docs" / "card.md", result(), {}, out, Extras({"permissive": other}))
    text = (tmp_path / "docs" / "card.md").read_text(encoding="utf-8")
    assert "| Financial PhraseBank, accuracy | 0.667 | 1.000 | 0.88 | not reached |" in text
    assert "| phrasebank | sentiment accuracy | 0.667 | 1.000 (not trained on) |" in text
    assert {p.name for p in (tmp_path / "docs" / "images").glob("*.png")} == {
        p.name for p in out.glob("*.png")
    }


def test_the_card_says_whose_seed_it_names() -> None:
    assert "`, seed 3\n" in card(result(), {"seed": 3})
    said = card(result(), {"seed": 3, "runs": "4 (docs/model-log.md)"})
    assert "runs 4 (docs/model-log.md), each of its own seed; the recipe's is 3\n" in said


def test_a_report_of_another_side_is_not_put_beside() -> None:
    with pytest.raises(ValueError, match="side test"):
        card(result(), {}, Extras({"permissive": {**result(12), "split": "test"}}))


def test_what_was_not_measured_is_said_and_what_was_stands_there() -> None:
    assert "the spread over seeds was not measured" in card(result(), {})
    heads = {
        "model_version": "nq1-x", "seeds": [1, 2], "most": 900,
        "sets": {"phrasebank": {"accuracy": {"mean": 0.8, "deviation": 0.004, "each": [0.796, 0.804]}}},
    }  # fmt: skip
    left = [
        {
            "set": "twitter",
            "texts": 9,
            "in_accuracy": 0.7,
            "in_macro_f1": 0.6,
            "out_accuracy": 0.5,
            "out_macro_f1": 0.4,
        }
    ]
    text = card(result(), {}, Extras(heads=heads, leave_out=left))
    assert "| phrasebank | accuracy | 0.800 | 0.0040 |" in text
    assert "| twitter | 9 | 0.700 / 0.600 | 0.500 / 0.400 |" in text
    assert "was not measured" not in text


def test_a_file_that_is_no_report_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected NAME=DIR"):
        _beside("permissive")
    (tmp_path / "report.json").write_text("{")
    with pytest.raises(ConfigError, match=r"report\.json"):
        _beside(f"permissive={tmp_path}")


def test_the_card_is_made_again_from_a_report_without_measuring(tmp_path: Path, tiny_weights: Path) -> None:
    version = json.loads((tiny_weights / "config.json").read_text())["model_version"]
    out, target = tmp_path / "out", tmp_path / "card.md"
    out.mkdir()
    (out / "report.json").write_text(json.dumps({**result(12), "model_version": version, "split": "test"}))
    asked = [
        "evaluate",
        "--weights",
        str(tiny_weights),
        "--out",
        str(out),
        "--card",
        str(target),
        "--measured",
    ]
    done = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert done.exit_code == 0
    assert version in target.read_text(encoding="utf-8")
    (out / "report.json").write_text(json.dumps({**result(12), "split": "test"}))
    with pytest.raises(ConfigError, match="nq1-x"):
        CliRunner().invoke(app, asked, catch_exceptions=False)
