"""Files of rows: format and compression by their names, and their bytes unpacked, a buffer in memory at a time."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, cast

import zstandard

from core.errors import ConfigError


class RowFormat(StrEnum):
    """How rows are written in a file."""

    JSON_LINES = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"


KINDS = {
    ".jsonl": RowFormat.JSON_LINES,
    ".ndjson": RowFormat.JSON_LINES,
    ".json": RowFormat.JSON_LINES,
    ".csv": RowFormat.CSV,
    ".tsv": RowFormat.TSV,
    ".tab": RowFormat.TSV,
    ".parquet": RowFormat.PARQUET,
    ".pq": RowFormat.PARQUET,
}
PACKED = (".gz", ".zst", ".bz2", ".zip", ".xz")
DAMAGED = (EOFError, zlib.error, zstandard.ZstdError, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile)
"""What the decompressors raise on a broken or cut file (bz2 raises OSError)."""
_BUFFER = 1 << 20


@dataclass(frozen=True)
class FileFormat:
    """What a file name says."""

    kind: RowFormat
    packing: str
    """.gz, .zst, .bz2, .xz, .zip or nothing"""
    stem: str
    """The name without its endings: the default source."""


def file_format(path: Path) -> FileFormat:
    """Return format and compression of a file by its name. Raises ConfigError for an unknown ending."""
    name = Path(path.name)
    packing = name.suffix.lower() if name.suffix.lower() in PACKED else ""
    inner = name.with_suffix("") if packing else name
    if packing == ".zip" and inner.suffix.lower() not in KINDS:
        inner = Path(Path(_member(path).filename).name)
    kind = KINDS.get(inner.suffix.lower())
    if kind is None:
        raise ConfigError(
            f"{path}: unknown kind of file; expected .jsonl, .csv, .tsv or .parquet, each also .gz, .zst, .bz2 or .zip"
        )
    return FileFormat(kind, packing, inner.stem)


def check_readable(path: Path) -> None:
    """Raise ConfigError in one line where the file does not exist, is not a file, empty or without read permission."""
    try:
        if path.is_dir():
            raise ConfigError(
                f"{path}: is a folder; {_inside(path)} (a source of kind `dump` watches folders)"
            )
        with path.open("rb") as file:
            if not file.read(1):
                raise ConfigError(f"{path}: the file is empty")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file") from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def _inside(folder: Path) -> str:
    """What a person may name in place of the folder."""
    names = sorted(path.name for path in folder.iterdir() if is_dump(path))
    if not names:
        return "it holds no .jsonl, .csv, .tsv or .parquet file: name another place"
    more = f" … ({len(names)} files)" if len(names) > 3 else ""
    return f"name one file in it: {', '.join(names[:3])}{more}"


def is_dump(path: Path) -> bool:
    """Return whether the path is a file, not hidden, whose name ends as a dump's does."""
    if path.name.startswith(".") or not path.is_file():
        return False
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return bool(suffixes) and (
        suffixes[-1] in KINDS or (suffixes[-1] in PACKED and len(suffixes) > 1 and suffixes[0] in KINDS)
    )


def file_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, hex: the identity that its rows' origins rest on."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_hashes(path: Path, first: int) -> tuple[str, str]:
    """Return (hash of the first `first` bytes, hash of all of them), in one pass."""
    beginning = hashlib.sha256()
    with path.open("rb") as file:
        while first > 0 and (chunk := file.read(min(_BUFFER, first))):
            beginning.update(chunk)
            first -= len(chunk)
        whole = beginning.copy()
        while chunk := file.read(_BUFFER):
            whole.update(chunk)
    return beginning.hexdigest(), whole.hexdigest()


def _is_data(info: zipfile.ZipInfo) -> bool:
    hidden = info.is_dir() or info.filename.startswith(("__MACOSX", "."))
    return not hidden and Path(info.filename).suffix.lower() in KINDS


def _member(path: Path) -> zipfile.ZipInfo:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if _is_data(info)]
            names = [info.filename for info in archive.infolist()]
    except zipfile.BadZipFile as error:
        raise ConfigError(f"{path}: not a zip file ({error})") from error
    if len(members) != 1:
        raise ConfigError(f"{path}: expected one data file inside, found {', '.join(names[:8]) or 'nothing'}")
    return members[0]


@contextmanager
def opened(path: Path, packing: str) -> Iterator[IO[bytes]]:
    """A context with the unpacked bytes as a stream. Raises ConfigError for a broken or encrypted zip, and OSError.

    Reading raises one of DAMAGED, or OSError, where the file is broken.
    """
    with path.open("rb") as file:
        if packing == ".gz":
            yield cast(IO[bytes], gzip.GzipFile(fileobj=file))
        elif packing == ".bz2":
            yield cast(IO[bytes], bz2.BZ2File(file))
        elif packing == ".xz":
            with lzma.open(file) as unpacked:
                yield cast(IO[bytes], unpacked)
        elif packing == ".zst":
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            yield io.BufferedReader(cast(io.RawIOBase, reader), _BUFFER)
        elif packing == ".zip":
            member = _member(path)
            try:
                with zipfile.ZipFile(file) as archive, archive.open(member) as inside:
                    yield inside
            except RuntimeError as error:  # what zipfile raises for an encrypted member
                raise ConfigError(f"{path}: {error}") from error
        else:
            yield cast(IO[bytes], io.BufferedReader(cast(io.RawIOBase, file), _BUFFER))


@contextmanager
def seekable(path: Path, packing: str, folder: Path | None = None) -> Iterator[IO[bytes]]:
    """A context as `opened`, with a seekable stream: what is packed is unpacked into an unnamed temporary file.

    Raises what `opened` and its stream raise. `folder` is where the temporary file goes.
    """
    with opened(path, packing) as stream:
        if not packing:
            yield stream
            return
        with tempfile.TemporaryFile(dir=folder) as copy:
            while chunk := stream.read(_BUFFER):
                copy.write(chunk)
            copy.seek(0)
            yield cast(IO[bytes], copy)
