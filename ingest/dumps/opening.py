"""The reader for a dump."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.tabular.files import FileFormat, RowFormat
from ingest.dumps.csv_reader import DelimitedReader
from ingest.dumps.jsonl_reader import JsonLinesReader
from ingest.dumps.parquet_reader import ParquetReader
from ingest.dumps.reader import DumpReader

READERS: Mapping[RowFormat, type[DumpReader]] = {
    RowFormat.JSON_LINES: JsonLinesReader,
    RowFormat.CSV: DelimitedReader,
    RowFormat.TSV: DelimitedReader,
    RowFormat.PARQUET: ParquetReader,
}


def open_reader(path: Path, kind: FileFormat, columns: Mapping[str, str]) -> DumpReader:
    """Return the reader of a file, with its beginning read. `columns`: field -> column, for names not found by default.

    Raises ConfigError where the file cannot be read, holds no rows, or lacks a column (it names those that it has).
    """
    return READERS[kind.kind](path, kind, columns)
