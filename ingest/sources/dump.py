"""Dumps that arrive: a file, a glob, or a folder that is watched. Each is read where it stopped, row by row.

For live ingestion: articles are available now, whatever day they speak of (a replay in event time is
`newsquake up --replay`). A file is known by its content, so that a renamed one is not read twice.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import ConfigError, Reason, Refused
from core.times import iso
from ingest.columns import FIELDS
from ingest.files import file_hash, is_dump, kind_of
from ingest.items import Item
from ingest.readers import Fault, Reader, Row, open_reader
from ingest.sources.base import Context, Look
from ingest.sources.spec import DumpSpec
from ingest.text import clean, no_text, not_text

ROWS_A_LOOK = 2000


class DumpFolder:
    """What lies at a path."""

    def __init__(self, spec: DumpSpec, folder: Path) -> None:
        self._spec = spec
        self._pattern = str(folder / spec.path)
        self._open: tuple[str, int, Reader, Iterator[list[Row]]] | None = None
        self.resting = 0
        """Files that the last look left alone, since somebody may be writing them still."""

    def look(self, state: dict[str, Any], context: Context) -> Look:
        """Up to ROWS_A_LOOK rows of the first file that is not read to its end."""
        files: dict[str, Any] = dict(state.get("files", {}))
        look = Look(state={"files": files})
        paths = self._paths(context.now_ms)
        for path in paths:
            status = path.stat()
            stamp = [status.st_size, status.st_mtime_ns]
            known = files.get(str(path))
            if known is not None and known["stamp"] == stamp and known["done"]:
                continue
            key = file_hash(path)
            if known is None or known["hash"] != key:
                # The same content under another name goes on where that one stood.
                known = next(
                    (entry for entry in files.values() if entry["hash"] == key), {"row": 0, "done": False}
                )
            entry = {"hash": key, "stamp": stamp, "row": known["row"], "done": known["done"]}
            files[str(path)] = entry
            if entry["done"]:
                continue
            try:
                self._read(path, entry, look)
            except (ConfigError, Refused) as error:
                entry["done"], entry["fault"] = True, str(error)
                look.notes.append(str(error))
                continue
            look.more = look.more or not entry["done"]
            if look.items or context.stopping():
                look.more = look.more or path != paths[-1]
                break
        return look

    def _paths(self, now_ms: int) -> list[Path]:
        if os.path.isdir(self._pattern):  # noqa: PTH112 - a pattern with glob characters is no Path
            found = sorted(Path(self._pattern).iterdir())
        else:
            found = sorted(Path(name) for name in glob.glob(self._pattern, recursive=True))  # noqa: PTH207
            if not found and not glob.has_magic(self._pattern):
                raise Refused(f"{self._pattern}: no such file or folder")
        ripe = now_ms - self._spec.settle
        files = [(path, path.stat().st_mtime_ns // 1_000_000 <= ripe) for path in found if is_dump(path)]
        self.resting = sum(not rested for _, rested in files)
        return [path for path, rested in files if rested]

    def _read(self, path: Path, entry: dict[str, Any], look: Look) -> None:
        """The next rows. The file stays open between looks, where the cursor is still where we stopped."""
        row = int(entry["row"])
        if self._open is None or self._open[:2] != (entry["hash"], row):
            reader = open_reader(path, kind_of(path), self._spec.columns)
            self._open = (entry["hash"], row, reader, _from_row(reader, row))
        reader, batches = self._open[2:]
        taken = 0
        for batch in batches:
            look.items += [_item(reader, entry["hash"], number, values, raw) for number, values, raw in batch]
            taken += len(batch)
            entry["row"] = batch[-1][0] + 1
            if taken >= ROWS_A_LOOK:
                self._open = (entry["hash"], entry["row"], reader, batches)
                return
        self._open = None
        entry["done"] = True

    def close(self) -> None:
        """Let go of the open file."""
        self._open = None


def _from_row(reader: Reader, row: int) -> Iterator[list[Row]]:
    for batch in reader.batches():
        if batch[-1][0] >= row:
            yield [one for one in batch if one[0] >= row]


def _item(reader: Reader, key: str, number: int, values: Any, raw: bytes | None) -> Item:
    if isinstance(values, Fault):
        return Item(own_id=f"{key[:16]}:{number}", raw=raw or b"", fault=(values.reason, values.detail))
    row = dict(zip((*FIELDS, *reader.extras), values, strict=True))
    own_id = clean(row["id"]) or f"{key[:16]}:{number}"
    for name in ("title", "body", "text"):
        if no_text(row[name]):
            fault = (Reason.BAD_ROW, not_text(name, row[name]))
            return Item(own_id=own_id, raw=raw or repr(row).encode("utf-8", "replace")[:50_000], fault=fault)
    title, body = clean(row["title"]), clean(row["body"])
    if not title and not body:
        text = clean(row["text"])
        title, body = (text, "") if len(text) <= 300 and "\n" not in text else ("", text)
    published = row["published_at"]
    return Item(
        url=clean(row["url"]),
        own_id=own_id,
        title=title,
        body=body,
        published=clean(row["date_raw"])
        if published is None
        else iso(published)
        if reader.exact_times
        else str(published),
        language=clean(row["language"]),
        publisher=clean(row["publisher"]),
        tickers=row["tickers"],
        raw=raw or repr(row).encode("utf-8", "replace")[:50_000],
        extra={name.removeprefix("extra."): row[name] for name in reader.extras},
    )
