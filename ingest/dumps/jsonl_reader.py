"""Dumps of one JSON object a line."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, cast

from core.errors import ConfigError, Reason
from core.tabular.encoding import HEAD_BYTES, WHOLE_TEXT, detect_encoding
from core.tabular.files import DAMAGED, FileFormat, opened
from core.tabular.json_lines import parse_json
from core.tabular.lines import bounded_lines
from ingest.dumps.columns import FIELDS, names_for
from ingest.dumps.reader import BATCH_BYTES, BATCH_ROWS, LINE_BYTES, DumpReader, Row, RowFault

_LOOK_LINES = 100_000
"""Lines looked through for a first object where the file's beginning shows none."""


class JsonLinesReader(DumpReader):
    """One JSON object a line."""

    def __init__(self, path: Path, kind: FileFormat, named_columns: Mapping[str, str]) -> None:
        super().__init__(path, kind, named_columns)
        try:
            with opened(path, kind.packing) as stream:
                sample = stream.read(HEAD_BYTES)
        except (*DAMAGED, OSError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error
        self._encoding = detect_encoding(sample, WHOLE_TEXT)
        if not self._encoding.startswith("utf-8"):
            sample = sample.decode(self._encoding, "replace").encode()
        if sample.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
            raise ConfigError(
                f"{path}: a JSON array; write one object a line (jq -c '.[]' FILE > FILE.jsonl)"
            )
        found: dict[str, None] = {}
        for line in sample.splitlines()[:200]:
            value = parse_line(line)
            if isinstance(value, dict):
                found.update(dict.fromkeys(value))
        if not found and not sample.strip():
            raise ConfigError(f"{path}: the file holds no rows")
        self._settle(list(found or self._first_keys()))

    def _first_keys(self) -> dict[str, None]:
        """Keys of the first object, where the file's beginning shows none: one huge line, or many broken ones."""
        try:
            with opened(self.path, self.kind.packing) as stream:
                for line, cut in islice(bounded_lines(self._readline(stream), LINE_BYTES), _LOOK_LINES):
                    value = None if cut else parse_line(line)
                    if isinstance(value, dict):
                        return dict.fromkeys(value)
        except (*DAMAGED, OSError) as error:
            raise ConfigError(f"{self.path}: cannot be read: {error}") from error
        return {}

    def _readline(self, stream: Any) -> Callable[[int], bytes]:
        if self._encoding.startswith("utf-8"):
            return cast("Callable[[int], bytes]", stream.readline)
        text = io.TextIOWrapper(stream, self._encoding, errors="replace", newline="\n")
        return lambda limit: text.readline(limit).encode()

    def _batches(self) -> Iterator[list[Row]]:
        fields = (*FIELDS, *self.extras)
        known: dict[tuple[str, ...], list[str | None]] = {}
        number = size = 0
        batch: list[Row] = []
        with opened(self.path, self.kind.packing) as stream:
            for line, cut in bounded_lines(self._readline(stream), LINE_BYTES):
                if not line.strip():
                    continue
                value = (
                    RowFault(Reason.TOO_LARGE, f"a line of more than {LINE_BYTES} bytes")
                    if cut
                    else parse_line(line)
                )
                row: tuple[Any, ...] | RowFault
                if isinstance(value, dict):
                    keys = tuple(value)
                    if (names := known.get(keys)) is None:
                        names = names_for(keys, self.named_columns, fields)
                        if len(known) < 1000:
                            known[keys] = names
                    row = tuple([None if name is None else value.get(name) for name in names])
                elif isinstance(value, RowFault):
                    row = value
                else:
                    row = RowFault(Reason.BAD_ROW, f"expected a JSON object, got {type(value).__name__}")
                batch.append((number, row, line[: 1 << 20] if cut else line.rstrip(b"\r\n")))
                number += 1
                size += len(line)
                if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
                    yield batch
                    batch, size = [], 0
        if batch:
            yield batch


def parse_line(line: bytes) -> Any:
    """Return the JSON value on a line, or a RowFault. Never raises."""
    try:
        return parse_json(line)
    except (ValueError, RecursionError) as error:
        return RowFault(Reason.BAD_JSON, str(error))
