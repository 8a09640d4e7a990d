"""The score cache: (text hash, model version, company lists and runtime, register) -> score.

It makes scores repeatable: live and backtest share the file, so a text has the same score in both. It is an SQLite file
of its own, not part of the store: it may be deleted at any time, and copied to another machine.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from classifier.records import Score
from core.errors import StoreUnavailable

_CHUNK = 500


class ScoreCache:
    """A file of scores, which several processes may share; without a file nothing is cached.

    `model_version`: the engine's `score_version`, which includes the company lists: scores from before a list changed
    are not returned. The constructor raises StoreUnavailable where the file cannot be opened.
    """

    def __init__(self, file: Path | None, model_version: str) -> None:
        self._version = model_version
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Score)
        self._connection: sqlite3.Connection | None = None
        if file is None:
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                file, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute(
                "PRAGMA synchronous=NORMAL"
            )  # the newest scores may be lost: they are made again
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS scores (key TEXT, model TEXT, register TEXT, score BLOB, "
                "PRIMARY KEY (key, model, register)) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreUnavailable(f"score cache {file}: {error} (set classifier.score_cache)") from error

    def get(self, keys: Sequence[str], register: str) -> dict[str, Score]:
        """The cached scores among `keys` (text hashes), by key."""
        found: dict[str, Score] = {}
        if self._connection is None:
            return found
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            rows = self._connection.execute(
                f"SELECT key, score FROM scores WHERE model = ? AND register = ? AND key IN ({marks})",
                (self._version, register, *chunk),
            )
            for key, blob in rows:
                try:
                    found[key] = self._decoder.decode(blob)
                except msgspec.DecodeError:  # written by another layout of Score: make it again
                    continue
        return found

    def put(self, scores: Mapping[str, Score] | Iterable[tuple[str, Score]], register: str) -> None:
        """Store scores by key. Where the file cannot be written, they are not cached."""
        if self._connection is None:
            return
        pairs = scores.items() if isinstance(scores, Mapping) else scores
        rows = [(key, self._version, register, self._encoder.encode(score)) for key, score in pairs]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?)", rows)
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
