"""Parquet files, read in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from core.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as arrow


class ParquetTable:
    """A parquet file that is open. Its errors name `where`. pyarrow is imported when the first one is opened."""

    def __init__(self, stream: IO[bytes], where: str) -> None:
        """`stream` must be seekable and stay open. Raises ConfigError: not a parquet file."""
        import pyarrow as arrow
        import pyarrow.parquet as parquet

        self._error, self._where = arrow.ArrowException, where
        try:
            # Without pre-buffering and with a small buffer a row group of any size streams through.
            self._file = parquet.ParquetFile(stream, buffer_size=1 << 20, pre_buffer=False)
        except (arrow.ArrowException, OSError) as error:
            raise ConfigError(f"{where}: not a parquet file ({_in_words(error)})") from error

    @property
    def schema(self) -> arrow.Schema:
        """Names and types of the columns."""
        return self._file.schema_arrow

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self._file.metadata.num_rows)

    @property
    def size_bytes(self) -> int:
        """Size of the rows when they are unpacked."""
        meta = self._file.metadata
        return sum(meta.row_group(index).total_byte_size for index in range(meta.num_row_groups))

    def batches(self, columns: Sequence[str], rows: int) -> Iterator[arrow.RecordBatch]:
        """Yield the rows in batches of up to `rows`, with these columns. Raises ConfigError for a damaged file."""
        batches = self._file.iter_batches(rows, columns=list(columns), use_threads=False)
        while True:
            try:
                batch: Any = next(batches, None)
            except (self._error, OSError) as error:
                raise ConfigError(f"{self._where}: damaged: {_in_words(error)}") from error
            if batch is None:
                return
            yield batch


def _in_words(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
