"""Dumps that arrive: a file, a glob, or a folder that is watched. Each is read where it stopped, row by row.

For live ingestion: articles are available now, whatever day they speak of (a replay in event time is
`newsquake up --replay`). A file is known by its content, so that a renamed one is not read twice; one that has grown
(a log, an upload that was not through) goes on where it stood, its rows named by what it held at first.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import ConfigError, Reason, Refused
from core.tabular.files import file_format, file_hashes, is_dump
from ingest.dumps.columns import FIELDS
from ingest.dumps.jsonl_reader import parse_line
from ingest.dumps.opening import open_reader
from ingest.dumps.reader import DumpReader, Original, Row, RowFault, moment_text, values_of
from ingest.items.item import NewsItem
from ingest.sources.contract import PollContext, PollResult, Source
from ingest.sources.dump.settings import DumpSettings
from ingest.text.clean import clean, is_non_text, non_text_detail

ROWS_A_POLL = 2000


class DumpSource(Source):
    """The files at a path, a glob or in a folder."""

    _spec: DumpSettings

    def __init__(self, settings: DumpSettings, folder: Path = Path()) -> None:
        super().__init__(settings, folder)
        self._pattern = str(folder / settings.path)
        self._open: tuple[tuple[str, int], DumpReader, Iterator[list[Row]]] | None = None
        self._resting = 0
        """Files that the last poll left alone, since somebody may still be writing them."""

    def poll(self, state: dict[str, Any], context: PollContext) -> PollResult:
        """Up to ROWS_A_POLL rows of the first file that is not read to its end."""
        files: dict[str, Any] = dict(state.get("files", {}))
        result = PollResult(state={"files": files})
        paths = self._paths(context.now_ms)
        for path in paths:
            status = path.stat()
            stamp = [status.st_size, status.st_mtime_ns]
            known = files.get(str(path))
            if known is not None and known["stamp"] == stamp and known["done"]:
                continue
            files[str(path)] = entry = _entry(path, stamp, files)
            if entry["done"]:
                continue
            try:
                self._read(path, entry, result)
            except (ConfigError, Refused) as error:
                entry["done"], entry["fault"] = True, str(error)
                result.notes.append(str(error))
                continue
            result.more = result.more or not entry["done"]
            if result.items or context.stopping():
                result.more = result.more or path != paths[-1]
                break
        return result

    def _paths(self, now_ms: int) -> list[Path]:
        if os.path.isdir(self._pattern):  # noqa: PTH112 - a pattern with glob characters is no Path
            found = sorted(Path(self._pattern).iterdir())
        else:
            found = sorted(Path(name) for name in glob.glob(self._pattern, recursive=True))  # noqa: PTH207
            if not found and not glob.has_magic(self._pattern):
                raise Refused(f"{self._pattern}: no such file or folder")
        ripe = now_ms - self._spec.settle
        files = [(path, path.stat().st_mtime_ns // 1_000_000 <= ripe) for path in found if is_dump(path)]
        self._resting = sum(not rested for _, rested in files)
        return [path for path, rested in files if rested]

    def _read(self, path: Path, entry: dict[str, Any], result: PollResult) -> None:
        """The next rows. The file stays open between polls, where the cursor is still where we stopped."""
        row = int(entry["row"])
        if self._open is None or self._open[0] != (entry["hash"], row):
            reader = open_reader(path, file_format(path), self._spec.columns)
            self._open = ((entry["hash"], row), reader, _from_row(reader, row))
        reader, batches = self._open[1:]
        taken = 0
        for batch in batches:
            result.items += [_row(reader, entry["name"], *row) for row in batch]
            taken += len(batch)
            entry["row"] = batch[-1][0] + 1
            if taken >= ROWS_A_POLL:
                self._open = ((entry["hash"], entry["row"]), reader, batches)
                return
        self._open = None
        entry["done"] = True

    def check(self, state: dict[str, Any], context: PollContext) -> PollResult:
        """Return the result of a poll that continues at `state`, whose cursor counts rows. Raises as `poll` does."""
        result = self.poll(state, context)
        if self._resting:
            result.remark = f"{self._resting} file(s) written just now: read once they rest"
        return result

    def rebuild(self, raw: bytes, context: Mapping[str, Any]) -> NewsItem:
        """Return the item of a dead letter, by the present columns. Raises ValueError where `raw` is no JSON object."""
        record = parse_line(raw)
        if not isinstance(record, dict):
            raise ValueError(record.detail if isinstance(record, RowFault) else "no JSON object")
        columns = self._spec.columns
        extras = [name for name in columns if name.startswith("extra.")]
        return _item(values_of(record, columns), extras, context.get("place", ""), raw)

    def close(self) -> None:
        """Close the open file."""
        self._open = None


def _entry(path: Path, stamp: list[int], files: Mapping[str, Any]) -> dict[str, Any]:
    """Where to go on in a file that is new, changed or not read to its end. `name` is what its rows are named by."""
    known = files.get(str(path))
    before, now = file_hashes(path, known["stamp"][0] if known else 0)
    if known is None or known["hash"] != now:
        if known is not None and known["hash"] == before:
            shared = any(
                other["hash"] == before for place, other in files.items() if place != str(path)
            )  # two that were equal and grow apart: their new rows are not the same
            name = now if shared else known.get("name", before)
            # The last row may have been half there: it is read again, and known if it was whole.
            return {"hash": now, "name": name, "stamp": stamp, "row": max(0, known["row"] - 1), "done": False}
        # The same content under another name goes on where that one stood.
        known = next((entry for entry in files.values() if entry["hash"] == now), {"row": 0, "done": False})
    name = known.get("name", now)
    return {"hash": now, "name": name, "stamp": stamp, "row": known["row"], "done": known["done"]}


def _from_row(reader: DumpReader, row: int) -> Iterator[list[Row]]:
    for batch in reader.batches():
        if batch[-1][0] >= row:
            yield [one for one in batch if one[0] >= row]


def _row(
    reader: DumpReader, name: str, number: int, values: tuple[Any, ...] | RowFault, found: Original
) -> NewsItem:
    raw = reader.original(values, found)
    if reader.exact_times and not isinstance(values, RowFault) and values[0] is not None:
        values = (moment_text(values[0]), *values[1:])
    return _item(values, reader.extras, f"{name[:16]}:{number}", raw)


def _item(values: Any, extras: Sequence[str], place: str, raw: bytes) -> NewsItem:
    context = {"place": place}
    if isinstance(values, RowFault):
        return NewsItem(own_id=place, raw=raw, context=context, fault=(values.reason, values.detail))
    row = dict(zip((*FIELDS, *extras), values, strict=True))
    own_id = clean(row["id"]) or place
    for name in ("title", "body", "text"):
        if is_non_text(row[name]):
            fault = (Reason.BAD_ROW, non_text_detail(name, row[name]))
            return NewsItem(own_id=own_id, raw=raw, context=context, fault=fault)
    title, body = clean(row["title"]), clean(row["body"])
    if not title and not body:
        text = clean(row["text"])
        title, body = (text, "") if len(text) <= 300 and "\n" not in text else ("", text)
    published = row["published_at"]
    return NewsItem(
        url=clean(row["url"]),
        own_id=own_id,
        title=title,
        body=body,
        published=clean(row["date_raw"]) if published is None else str(published),
        language=clean(row["language"]),
        publisher=clean(row["publisher"]),
        tickers=row["tickers"],
        raw=raw,
        context=context,
        extra={name.removeprefix("extra."): row[name] for name in extras},
    )
