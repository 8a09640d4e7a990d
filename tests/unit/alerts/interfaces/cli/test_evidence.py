"""`newsquake evidence …`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alerts.interfaces.cli import evidence as cli_evidence
from core.errors import ConfigError, NewsquakeError
from tests.support.commands import ALERT


def test_evidence_is_written_and_verified_and_a_changed_one_found(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = tmp_path / "pack.json"
    cli_evidence.show(ALERT, out=pack, config=config)
    with pytest.raises(NewsquakeError, match="figures differ"):
        # The made-up row of these tests claims counts that its articles do not have: verify says so.
        cli_evidence.check(str(pack), config=config)
    assert "BAD  articles: the pack says 20, derived 2" in capsys.readouterr().out
    pack.write_text("{}")
    with pytest.raises(ConfigError, match="not an evidence pack"):
        cli_evidence.check(str(pack), config=config)


def test_a_pack_with_other_figures_inside_is_told_and_no_crash(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli_evidence.show(ALERT, out=tmp_path / "pack.json", config=config)
    whole = json.loads((tmp_path / "pack.json").read_text())
    for part in ("window", "verdict", "hop", "rule", "detector", "fit"):
        for content in ({}, {"what": 1}, {"id": None, "window_ms": "x"}, "{", []):
            (tmp_path / "odd.json").write_text(json.dumps({**whole, part: content}))
            with pytest.raises(NewsquakeError):
                cli_evidence.check(str(tmp_path / "odd.json"), config=config)
            capsys.readouterr()
