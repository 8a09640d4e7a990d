"""Parquet in batches; what is damaged names its file."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import ConfigError
from core.tabular.parquet import ParquetTable


def written(rows: int = 10) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(rows)), "b": ["x" * 100] * rows}), out)
    return out.getvalue()


def test_rows_come_in_batches_of_the_columns_asked_for() -> None:
    table = ParquetTable(io.BytesIO(written()), "f")
    assert (table.rows, table.schema.names) == (10, ["a", "b"])
    assert table.size_bytes > 0
    batches = list(table.batches(["a"], 4))
    assert [batch.num_rows for batch in batches] == [4, 4, 2]
    assert [value for batch in batches for value in batch.column("a").to_pylist()] == list(range(10))


def test_what_is_no_parquet_file_is_an_error_that_names_it() -> None:
    with pytest.raises(ConfigError, match="f: not a parquet file"):
        ParquetTable(io.BytesIO(b"no parquet"), "f")


def test_a_damaged_file_is_an_error_that_names_it() -> None:
    data = bytearray(written(10_000))
    data[4:400] = b"\xff" * 396
    with pytest.raises(ConfigError, match="f: damaged"):
        list(ParquetTable(io.BytesIO(bytes(data)), "f").batches(["a", "b"], 100))
