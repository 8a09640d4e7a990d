"""`newsquake audit …`."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.interfaces.cli import alerts as cli
from alerts.interfaces.cli import audit_chain
from core.errors import NewsquakeError
from tests.support.commands import ALERT


def test_the_audit_log_is_verified_in_the_store_and_from_an_export(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.ack(ALERT, reason="looking", by="anna", config=config)
    capsys.readouterr()
    audit_chain.audit_verify(config=config)
    told = capsys.readouterr().out
    assert told.startswith("2 entries, every link holds; anchor 2:")
    export = tmp_path / "audit.jsonl"
    audit_chain.audit_export(out=export, config=config)
    audit_chain.audit_verify(file=export, anchor=told.split()[-1])
    export.write_text(export.read_text().replace("anna", "anne"))
    with pytest.raises(NewsquakeError, match="broken after 1 right entries"):
        audit_chain.audit_verify(file=export)
