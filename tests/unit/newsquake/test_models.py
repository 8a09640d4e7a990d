"""Promotion by the command line: through the gate, with a line in the audit; and the shadow's report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from alerts.handling import audit
from classifier.network import registry
from classifier.network.registry import SHIPPED
from core.errors import ConfigError
from core.settings import StoreSettings
from core.store import open_store
from newsquake import models


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSQUAKE_MODELS", str(tmp_path / "models"))


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A folder of weights that is not the shipped one (never loaded here)."""
    folder = tmp_path / "other"
    folder.mkdir()
    for name in ("model.safetensors", "tokenizer.json"):
        (folder / name).write_bytes(b"x")
    (folder / "config.json").write_text('{"format": 1, "model_version": "nq1-other", "recipe": "tiny"}')
    return folder


def told(url: str) -> list[tuple[str, str, str]]:
    store = open_store(StoreSettings(url=url))
    with store.read() as connection:
        rows = [(e.actor, e.action, e.detail) for e in audit.entries(connection)]
        assert not audit.verify(audit.entries(connection)).fault
    store.close()
    return rows


def use(url: str, name: str, **more: Any) -> None:
    options = {"data": Path("nowhere"), "out": Path("nowhere"), "force": False, "by": "ada", **more}
    models.use(name, config=None, store=url, **options)


def test_a_refused_model_is_not_in_use_and_the_audit_says_why(
    tmp_path: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.cli.gate", lambda *_: ["phrasebank, accuracy: 0.700, champion 0.850"])
    url = f"sqlite:///{tmp_path / 's.db'}"
    with pytest.raises(typer.Exit) as ended:
        use(url, str(other))
    assert ended.value.exit_code == 1
    assert registry.current() == SHIPPED
    ((actor, action, detail),) = told(url)
    assert (actor, action) == ("ada", "model refused")
    assert "0.700" in detail


def test_a_model_that_passes_is_in_use_and_going_back_needs_no_gate(
    tmp_path: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.cli.gate", lambda *_: [])
    url = f"sqlite:///{tmp_path / 's.db'}"
    use(url, str(other))
    assert registry.current().name == "nq1-other"
    use(url, "shipped")
    assert registry.current() == SHIPPED
    assert [(action, "passed" in detail) for _, action, detail in told(url)] == [
        ("model promoted", True),
        ("model promoted", False),
    ]


def test_force_promotes_without_the_gate_and_the_audit_says_so(tmp_path: Path, other: Path) -> None:
    url = f"sqlite:///{tmp_path / 's.db'}"
    use(url, str(other), force=True)
    assert registry.current().name == "nq1-other"
    assert "forced" in told(url)[0][2]


def test_without_the_data_the_gate_cannot_measure_and_nothing_is_promoted(
    tmp_path: Path, other: Path
) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        use(f"sqlite:///{tmp_path / 's.db'}", str(other))
    assert registry.current() == SHIPPED


def test_the_shadows_report_says_what_to_set_where_nothing_was_compared(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"classifier\.challenger"):
        models.shadow(count=3, config=None, store=f"sqlite:///{tmp_path / 's.db'}")


def test_the_shadows_report_shows_agreement_and_the_furthest_texts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.store import insert_absent
    from core.tables import shadow_scores

    url = f"sqlite:///{tmp_path / 's.db'}"
    store = open_store(StoreSettings(url=url))
    row = {"champion": "nq1-a", "challenger": "nq1-b", "language": "en", "at": 1, "abstained": False,
           "other_abstained": False, "topics_changed": 1, "sentiment": "neutral"}  # fmt: skip
    with store.write() as connection:
        insert_absent(connection, shadow_scores, [
            {**row, "text_key": "1", "article_id": "a1", "other_sentiment": "neutral", "distance": 1_000},
            {**row, "text_key": "2", "article_id": "a2", "other_sentiment": "negative", "distance": 7_000},
        ])  # fmt: skip
    store.close()
    models.shadow(count=1, config=None, store=url)
    shown = capsys.readouterr().out
    assert "0.500" in shown and "0.400" in shown
    assert "neutral -> negative (0.70)  a2" in shown and "a1" not in shown
