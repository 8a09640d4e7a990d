"""The rig of sources of kind `api`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingest.sources.api.settings import JsonApiSettings
from ingest.sources.api.source import JsonApiSource
from ingest.sources.field_paths import FieldPaths
from tests.support.source_rigs import BODY, Rig, Web


def rig(tmp_path: Path) -> Rig:
    """A source of kind `api` and a way to publish on it."""
    web = Web()
    entries: list[dict[str, Any]] = []

    def publish(*new: str) -> None:
        entries[:0] = [
            {"ref": title, "text": {"head": title, "body": BODY}, "at": "2023-11-01T10:00:00Z"}
            for title in new
        ]
        for page in range(0, len(entries), 2):
            number = page // 2 + 1
            data = {
                "result": {"list": entries[page : page + 2]},
                "next": f"/api?page={number + 1}" if page + 2 < len(entries) else None,
            }
            web.pages[f"http://x.org/api{'' if number == 1 else f'?page={number}'}"] = json.dumps(
                data
            ).encode()

    spec = JsonApiSettings(
        name="s", kind="api", url="http://x.org/api", items="result.list", next_path="next",
        fields=FieldPaths(id="ref", title="text.head", body="text.body", published_at="at"),
    )  # fmt: skip
    return Rig(JsonApiSource(spec), publish, web)
