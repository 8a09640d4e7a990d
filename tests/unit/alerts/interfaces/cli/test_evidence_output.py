"""What `newsquake evidence` prints cannot control a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from alerts.evidence import schema
from alerts.interfaces.cli import evidence as cli_evidence
from core.errors import NewsquakeError
from tests.support.stored_alerts import Copy, decided, first, pack_of, store


def test_a_packs_words_drive_no_terminal_and_write_no_line(
    store: Copy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = schema.load(first(store, store.alert("share"))[1])
    file = tmp_path / "pack.json"
    evil = "x\x1b]0;owned\x07\x1b[2J\x9b2J\nok   all checks agree"
    pack = replace(pack, line=replace(pack.line, rule=evil), model_versions=[evil])
    file.write_bytes(msgspec.json.encode(pack))
    capsys.readouterr()
    with pytest.raises(NewsquakeError, match="figures differ"):
        cli_evidence.check(str(file))
    told = capsys.readouterr().out
    assert "owned" in told and all(char.isprintable() or char == "\n" for char in told)
    assert not any(line.startswith("ok   all checks") for line in told.splitlines())
    with pytest.raises(NewsquakeError, match="figures differ"):
        cli_evidence.check(str(file), json=True)
    told = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in told) and "\\u009b2J" in told
    assert any("\x9b2J" in one["detail"] for one in json.loads(told)[0])


def test_a_kept_packs_words_drive_no_terminal_and_read_the_same(
    store: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    alert = store.alert("share")
    kept = pack_of(store, alert)
    kept["model_versions"] = ["\x80\x9b2J\x7f\u202e\U000e0001 中文\u3000é"]
    store.do(
        "UPDATE alert_lines SET evidence = :pack WHERE id = :id",
        id=alert,
        pack=json.dumps(kept, ensure_ascii=False).encode(),
    )
    capsys.readouterr()
    cli_evidence.show(alert, store=store.url)
    told = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in told) and "中文" in told
    assert json.loads(told) == kept


__all__ = ["decided", "store"]
