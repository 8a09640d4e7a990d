"""The score cache: what makes a score repeatable, and what must not be served from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.entities.linker import Linker, build, default_linker
from classifier.entities.rules import rulebook
from classifier.scoring.engine import Engine
from classifier.scoring.score_cache import ScoreCache
from classifier.serving.classify import Classify
from tests.support.records import article

TITLE = "Acme Robotics shares fall"


def scored_by(weights: Path, linker: Linker, file: Path) -> tuple[int, list[str]]:
    """How many came from the cache, and the companies found."""
    engine = Engine.load(weights, device="onnx", threads=1, linker=linker)
    cache = ScoreCache(file, engine.score_version)
    classify = Classify(engine, cache)
    [one] = classify([article(1, title=TITLE)])
    cache.close()
    return classify.hits, [m.entity for m in one.mentions]


def test_scores_of_another_runtime_are_not_taken_for_ones_own(tiny_weights: Path) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    versions = [
        Engine.load(tiny_weights, device=device, threads=1, linker=build()).score_version
        for device in ("openvino", "onnx", "exact")
    ]
    assert versions[1:] == [f"{versions[0]}+onnx-int8", f"{versions[0]}+onnx-fp32"]


def test_a_changed_list_of_companies_does_not_serve_old_scores(tmp_path: Path, tiny_weights: Path) -> None:
    file = tmp_path / "scores.db"
    own = tmp_path / "own.yaml"
    own.write_text('X:acme: ["Acme Robotics"]\n')
    assert scored_by(tiny_weights, build(), file) == (0, [])
    assert scored_by(tiny_weights, build((own,)), file) == (0, ["X:acme"])
    assert scored_by(tiny_weights, build((own,)), file) == (1, ["X:acme"])
    assert scored_by(tiny_weights, build(), file) == (1, [])  # going back finds the first ones again


def test_the_digest_follows_names_careful_names_and_order_of_lists(tmp_path: Path) -> None:
    def digest(text: str) -> str:
        path = tmp_path / f"{abs(hash(text))}.yaml"
        path.write_text(text)
        return build((path,)).digest

    seen = {
        digest(t)
        for t in ('X:a: ["Aaa Co"]\n', 'X:a: ["Aaa Co", "Bbb Co"]\n', 'X:a: ["Aaa Co?"]\n', "X:b: [Aaa]\n")
    }
    assert len(seen) == 4
    assert build().digest == Linker(build()._by_id.values()).digest
    assert "apple" in rulebook()


def test_lists_of_the_environment_count_beside_those_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text('X:one: ["Onerous Works"]\n')
    two.write_text('X:two: ["Twofold Works"]\n')
    monkeypatch.setenv("NEWSQUAKE_ENTITIES_LISTS", str(two))
    linker = default_linker((one,))
    assert {f.entity for f in linker.find("Onerous Works and Twofold Works")} == {"X:one", "X:two"}


def test_a_language_that_ingest_knows_to_be_another_abstains_also_from_the_cache(
    tmp_path: Path, tiny_weights: Path
) -> None:
    engine = Engine.load(tiny_weights, device="onnx", threads=1, linker=build())
    classify = Classify(engine, ScoreCache(tmp_path / "scores.db", engine.score_version))
    asked = [
        article(n, title="DAX steigt stark", language=tongue) for n, tongue in enumerate(("de", "", "en"))
    ]
    told = [(one.language, one.abstained) for one in classify(asked)]
    assert told[0] == ("de", True)
    assert told[1] == told[2]
    assert told[1][0] == "en"
    again = [(one.language, one.abstained) for one in classify(asked)]
    assert (again, classify.hits) == (told, 3)
