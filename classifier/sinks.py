"""Rows out: a score as a row, and the files it is written to."""

import csv
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol

from classifier.records import UNIT_SCALE, Score
from classifier.table import InputRow
from classifier.taxonomy import TOPIC_NAMES
from core.errors import ConfigError

COLUMNS: Final = (
    "id", "language", "register", "sentiment", "p_negative", "p_neutral", "p_positive", "abstained", "topics",
    "entities", "signature", "model_version", "error",
)  # fmt: skip


def row_out(row: InputRow, score: Score | None) -> dict[str, Any]:
    """Return the output row: probabilities 0..1, always every column; `error` is empty where all is well."""
    if score is None:
        return {**dict.fromkeys(COLUMNS), "id": row.id, "error": row.error or "not scored"}
    entities = [
        {
            "id": m.entity,
            "name": m.name,
            "relevance": m.relevance / UNIT_SCALE,
            "sentiment": ("negative", "neutral", "positive")[
                max(range(3), key=(m.p_negative, m.p_neutral, m.p_positive).__getitem__)
            ],
            "p_negative": m.p_negative / UNIT_SCALE,
            "p_neutral": m.p_neutral / UNIT_SCALE,
            "p_positive": m.p_positive / UNIT_SCALE,
            "abstained": m.abstained,
        }
        for m in score.mentions
    ]
    return {
        "id": row.id,
        "language": score.language,
        "register": score.register,
        "sentiment": score.sentiment,
        "p_negative": score.p_negative / UNIT_SCALE,
        "p_neutral": score.p_neutral / UNIT_SCALE,
        "p_positive": score.p_positive / UNIT_SCALE,
        "abstained": score.abstained,
        "topics": {t: score.topics[t] / UNIT_SCALE for t in TOPIC_NAMES},
        "entities": entities,
        "signature": score.signature,
        "model_version": score.model_version,
        "error": "",
    }


class Sink(Protocol):
    """Takes output rows in order."""

    def write(self, rows: list[dict[str, Any]]) -> None: ...


@contextmanager
def writer(target: str | None) -> Iterator[Sink]:
    """Open the output: a file by its suffix (written beside, renamed when whole), else JSON lines on stdout.

    Raises ConfigError for an unknown suffix or a place that cannot be written.
    """
    if target in (None, "-"):
        yield _Lines(sys.stdout)
        return
    path = Path(str(target))
    suffix = path.suffix.lower()
    if suffix not in (".jsonl", ".ndjson", ".csv", ".parquet"):
        raise ConfigError(f"{path}: format {suffix or 'unknown'}; expected .jsonl, .csv or .parquet")
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # another run into the same file keeps its own
    try:
        with _terminable():
            yield from _into(part, suffix)
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _into(part: Path, suffix: str) -> Iterator[Sink]:
    if suffix == ".parquet":
        sink = _Parquet(part)
        yield sink
        sink.close()
        return
    with part.open("w", encoding="utf-8", newline="") as file:
        yield _Csv(file) if suffix == ".csv" else _Lines(file)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end us as an exception does, so that no half-written file is left."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _: object) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Lines:
    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, rows: list[dict[str, Any]]) -> None:
        self._file.write("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))


class _Csv:
    def __init__(self, file: IO[str]) -> None:
        self._writer = csv.DictWriter(file, COLUMNS)
        self._writer.writeheader()

    def write(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            flat = {
                k: json.dumps(v, ensure_ascii=False) if isinstance(v, dict | list) else v
                for k, v in row.items()
            }
            self._writer.writerow(flat)


class _Parquet:
    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        text, number, flag = pa.string(), pa.float64(), pa.bool_()
        probabilities = [(k, number) for k in ("p_negative", "p_neutral", "p_positive")]
        entity = pa.struct(
            [
                ("id", text),
                ("name", text),
                ("relevance", number),
                ("sentiment", text),
                *probabilities,
                ("abstained", flag),
            ]
        )
        types = {
            **dict.fromkeys(COLUMNS, text),
            **dict(probabilities),
            "abstained": flag,
            "topics": pa.struct([(t, number) for t in TOPIC_NAMES]),
            "entities": pa.list_(entity),
        }
        self._schema = pa.schema([(c, types[c]) for c in COLUMNS])
        self._pa = pa
        self._writer = pq.ParquetWriter(path, self._schema)

    def write(self, rows: list[dict[str, Any]]) -> None:
        self._writer.write_table(self._pa.Table.from_pylist(rows, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
