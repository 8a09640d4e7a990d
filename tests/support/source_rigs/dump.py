"""The rig of sources of kind `dump`."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ingest.sources.dump.settings import DumpSettings
from ingest.sources.dump.source import DumpSource
from tests.support.source_rigs import BODY, NOW, Rig


def rig(tmp_path: Path) -> Rig:
    """A source of kind `dump` and a way to publish on it."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    count = [0]

    def publish(*new: str) -> None:
        count[0] += 1
        rows = [{"date": "2023-11-01T10:00:00Z", "title": title, "body": BODY} for title in new]
        path = folder / f"{count[0]}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        os.utime(path, (NOW / 1000 - 60, NOW / 1000 - 60))

    return Rig(DumpSource(DumpSettings(name="s", kind="dump", path="inbox", settle=0), tmp_path), publish)
