"""A whole dump, sorted by available_at: read once in constant memory, then as often as needed.

    rows --build--> articles --sort on disk--> groups (one article, and the rows that are its copies)
                \\-> dead letters --spool--> dead()

The key is (available_at, id, revision, row): copies of one article in one file are adjacent and merged, the
lowest row being the article, each further row a duplicate that settles with it.
"""

from __future__ import annotations

import contextlib
import itertools
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from core.clock import Clock
from core.errors import ConfigError
from core.origins import file_origin
from core.records import DeadLetter, decode, encode
from core.tabular.files import check_readable, file_format, file_hash
from ingest.dumps.opening import open_reader
from ingest.dumps.reader import DumpReader
from ingest.replay.articles import RowArticles, union_tickers
from ingest.replay.external_sort import ExternalSort

_KEY = struct.Struct(">Q16s8sI")
_SHIFT = 1 << 62
"""Makes times before 1970 positive, so that keys compare as bytes."""


class ArticleGroup(msgspec.Struct, frozen=True, gc=False):
    """One article to send, and the rows that are copies of it."""

    available_at: int
    id: str
    revision: str
    row: int
    value: bytes
    copies: tuple[int, ...] = ()


def check_dump(path: Path, columns: Mapping[str, str] | None = None) -> None:
    """Look at the file's beginning, before anything is started for it.

    Raises ConfigError, one line with what to do: not there, a folder, an unknown kind, damaged, no rows, no column
    for the time or the text. What a later part of the file may hide shows when it is read.
    """
    check_readable(path)
    reader = open_reader(path, file_format(path), columns or {})
    rows = reader.count()
    if rows is None:
        with contextlib.closing(reader.batches()) as batches:
            rows = len(next(batches, ()))
    if not rows:
        raise ConfigError(_no_rows(path, reader))


def _no_rows(path: Path, reader: DumpReader) -> str:
    return f"{path}: the file holds no rows; columns found: {', '.join(reader.columns) or 'none'}"


class SortedDump:
    """One file. Raises ConfigError from the constructor for what a person must mend."""

    def __init__(
        self, path: Path, *, folder: Path, columns: Mapping[str, str] | None = None, source: str = "",
        delay_ms: int = 0, delays: Mapping[str, int] | None = None, max_bytes: int = 900_000,
        sort_memory_bytes: int = 16 << 20,
    ) -> None:  # fmt: skip
        check_readable(path)
        kind = file_format(path)
        self.path = path
        self.source = source or kind.stem
        self.reader: DumpReader = open_reader(path, kind, columns or {})
        self.hash = file_hash(path)
        self.rows = 0
        self.last_at: int | None = None
        self.first_at: int | None = None
        self.settled_ms: int | None = None
        """Before this moment a desk has decided everything, None: nothing yet. `load` counts the articles there."""
        self.settled = 0
        self._delay_ms, self._delays, self._max_bytes = delay_ms, delays, max_bytes
        self._articles = ExternalSort(folder, sort_memory_bytes)
        self._dead = ExternalSort(folder, 2 << 20)

    @property
    def articles(self) -> int:
        """Rows that became articles, copies among them."""
        return self._articles.count

    @property
    def dead_count(self) -> int:
        """Rows that became dead letters."""
        return self._dead.count

    def load(self, clock: Clock, progress: Callable[[int], bool]) -> bool:
        """Read and sort everything; returns True when that is done.

        `progress(rows)` is called now and then; where it returns False, this stops and returns False.

        Raises ConfigError for a damaged file or one without rows.
        """
        rows = RowArticles(
            self.hash,
            self.source,
            now_ms=clock.now_ms(),
            delay_ms=self._delay_ms,
            delays=self._delays,
            max_bytes=self._max_bytes,
            exact_times=self.reader.exact_times,
            dates_only=self.reader.dates_only,
            named_columns=self.reader.named_columns,
            original=self.reader.original,
        )
        build, add = rows.build, self._articles.add
        first, last = None, None
        for batch in self.reader.batches():
            if self.rows == 0:
                rows.learn(batch)
            for number, row, raw in batch:
                built = build(number, row, raw)
                if isinstance(built, DeadLetter):
                    self._dead.add(number.to_bytes(8, "big"), encode(built))
                    continue
                at = built.available_at
                if first is None or at < first:
                    first = at
                if last is None or at > last:
                    last = at
                if self.settled_ms is not None and at < self.settled_ms:
                    self.settled += 1
                add(
                    _KEY.pack(at + _SHIFT, bytes.fromhex(built.id), bytes.fromhex(built.revision), number),
                    built.value,
                )
            self.rows += len(batch)
            if not progress(self.rows):
                return False
        self.first_at, self.last_at = first, last
        if not self.rows:
            raise ConfigError(_no_rows(self.path, self.reader))
        return True

    def groups(self) -> Iterator[ArticleGroup]:
        """Yield the articles by available_at, copies merged, from the first one at each call."""
        for first, members in itertools.groupby(self._articles, key=lambda pair: pair[0][:32]):
            at, own, rev, _ = _KEY.unpack(first + b"\0\0\0\0")
            (key, value), *copies = members
            if copies:
                value = union_tickers(value, [copy for _, copy in copies])
            yield ArticleGroup(
                at - _SHIFT,
                own.hex(),
                rev.hex(),
                int.from_bytes(key[32:], "big"),
                value,
                tuple(int.from_bytes(other[32:], "big") for other, _ in copies),
            )

    def dead(self) -> Iterator[DeadLetter]:
        """Yield the dead letters in the order of their rows."""
        for _, value in self._dead:
            letter = decode(value, "dead/1")
            assert isinstance(letter, DeadLetter)
            yield letter

    def origin(self, row: int) -> str:
        """Origin of a row."""
        return file_origin(self.hash, row)

    def close(self) -> None:
        """Delete the temporary files."""
        self._articles.close()
        self._dead.close()
