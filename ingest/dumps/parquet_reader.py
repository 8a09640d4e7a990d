"""Dumps of parquet: typed columns, of which only those that mean something are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from core.errors import ConfigError
from core.tabular.files import DAMAGED, FileFormat, seekable
from core.tabular.parquet import ParquetTable
from ingest.dumps.reader import BATCH_BYTES, DumpReader, Row


class ParquetReader(DumpReader):
    """Typed columns; only those that mean something are read."""

    def __init__(self, path: Path, kind: FileFormat, named_columns: Mapping[str, str]) -> None:
        super().__init__(path, kind, named_columns)
        import pyarrow as arrow

        try:
            with seekable(path, kind.packing) as stream:
                table = ParquetTable(stream, str(path))
                schema, self._rows, size = table.schema, table.rows, table.size_bytes
        except DAMAGED as error:
            raise ConfigError(f"{path}: not a parquet file ({' '.join(str(error).split())[:200]})") from error
        self._settle(schema.names)
        weight = size / max(1, self._rows)
        self._batch_rows = max(16, min(2048, int(BATCH_BYTES / max(1.0, weight))))
        time_type = (
            schema.field(self.mapping["published_at"]).type if "published_at" in self.mapping else None
        )
        self.exact_times = time_type is not None and (
            arrow.types.is_timestamp(time_type) or arrow.types.is_date(time_type)
        )
        self.dates_only = time_type is not None and arrow.types.is_date(time_type)

    def count(self) -> int | None:
        return self._rows

    def _batches(self) -> Iterator[list[Row]]:
        import pyarrow as arrow

        names = sorted({name for name in self.wanted if name is not None})
        number = 0
        with seekable(self.path, self.kind.packing) as stream:
            for record in ParquetTable(stream, str(self.path)).batches(names, self._batch_rows):
                columns = {name: _values(arrow, record.column(name)) for name in names}
                nothing = [None] * record.num_rows
                picked = [nothing if name is None else columns[name] for name in self.wanted]
                yield [(number + at, row, None) for at, row in enumerate(zip(*picked, strict=True))]
                number += record.num_rows


def _values(arrow: Any, column: Any) -> list[Any]:
    """Python values; moments as integer milliseconds, bytes that are no UTF-8 with the broken ones replaced."""
    kind = column.type
    if arrow.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if arrow.types.is_timestamp(kind) or arrow.types.is_date(kind):
        if arrow.types.is_date32(kind):
            column = column.cast(arrow.timestamp("s"))
        moments = column.cast(arrow.timestamp("ms"), safe=False).cast(arrow.int64())
        return cast("list[Any]", moments.to_pylist())
    try:
        return cast("list[Any]", column.to_pylist())
    except UnicodeDecodeError:
        return [
            None if item is None else item.decode("utf-8", "replace")
            for item in column.cast(arrow.binary()).to_pylist()
        ]
