"""A watched file that grows, or was not through yet, is read on where it stood: no row counts twice."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

from core.records import Article
from ingest.items.build import build
from ingest.items.item import SourceInfo
from ingest.live.cursor import Cursor, mark_of
from ingest.sources.contract import PollContext
from ingest.sources.dump.settings import DumpSettings
from ingest.sources.dump.source import DumpSource
from ingest.web.fetch import Fetcher

NOW = 1_800_000_000_000


class Reader:
    """A source with its cursor, as the live loop keeps them."""

    def __init__(self, folder: Path, pattern: str) -> None:
        self.folder, self.spec = folder, DumpSettings(name="s", kind="dump", path=pattern)
        self.source, self.cursor = DumpSource(self.spec, folder), Cursor("s")
        self.ids: dict[str, str] = {}
        self.taken: list[str] = []

    def write(self, name: str, data: bytes, at_s: int) -> None:
        (self.folder / name).write_bytes(data)
        os.utime(self.folder / name, (at_s, at_s))

    def poll(self) -> list[str]:
        """Titles taken now, or the reason of what died."""
        new = []
        for _ in range(20):
            context = PollContext(Fetcher.__new__(Fetcher), NOW, self.cursor.known)
            found = self.source.poll(json.loads(json.dumps(self.cursor.source)), context)
            for item in found.items:
                record = build(item, SourceInfo("s"), NOW)
                word = record.revision if isinstance(record, Article) else str(record.reason)
                if self.cursor.known(item.key, mark_of(item, word)):
                    continue
                self.cursor.note(item.key, mark_of(item, word))
                new.append(record.title if isinstance(record, Article) else word)
                if isinstance(record, Article):
                    self.ids[record.title] = record.id
            self.cursor.source = found.state
            if not found.more:
                break
        return new


def rows(*numbers: int) -> bytes:
    entries: list[dict[str, Any]] = [{"date": "2024-01-02T10:00:00Z", "title": f"row {n}"} for n in numbers]
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def test_appended_rows_are_taken_and_the_others_not_again(tmp_path: Path) -> None:
    reader = Reader(tmp_path, "log.jsonl")
    reader.write("log.jsonl", rows(*range(5)), 1_700_000_000)
    assert len(reader.poll()) == 5
    reader.write("log.jsonl", rows(*range(7)), 1_700_000_100)
    assert reader.poll() == ["row 5", "row 6"]
    reader.write("log.jsonl", rows(*range(5000)), 1_700_000_200)
    assert len(reader.poll()) == 4993
    reader.write("log.jsonl", rows(*range(5001)), 1_700_000_300)
    assert reader.poll() == ["row 5000"]
    assert len(set(reader.ids.values())) == 5001


def test_row_that_was_half_there_is_read_again_whole(tmp_path: Path) -> None:
    reader, whole = Reader(tmp_path, "up.jsonl"), rows(*range(6))
    reader.write("up.jsonl", whole[:-40], 1_700_000_000)
    assert reader.poll() == [*(f"row {n}" for n in range(5)), "bad_json"]
    reader.write("up.jsonl", whole, 1_700_000_100)
    assert reader.poll() == ["row 5"]


def test_half_an_upload_of_a_packed_file_goes_on(tmp_path: Path) -> None:
    reader = Reader(tmp_path, "*.gz")
    whole = gzip.compress(rows(*range(3000)), mtime=0)
    reader.write("up.jsonl.gz", whole[: len(whole) // 2], 1_700_000_000)
    before = reader.poll()
    reader.write("up.jsonl.gz", whole, 1_700_000_100)
    assert len(before) + len(reader.poll()) == 3000
    assert len(set(reader.ids.values())) == 3000


def test_another_content_under_the_same_name_is_read_whole(tmp_path: Path) -> None:
    reader = Reader(tmp_path, "in.jsonl")
    reader.write("in.jsonl", rows(1, 2, 3), 1_700_000_000)
    assert len(reader.poll()) == 3
    reader.write("in.jsonl", rows(4, 5, 6, 7), 1_700_000_100)
    assert len(reader.poll()) == 4


def test_two_alike_that_grow_apart_share_no_identity(tmp_path: Path) -> None:
    reader = Reader(tmp_path, "*.jsonl")
    for name in ("a.jsonl", "b.jsonl"):
        reader.write(name, rows(1, 2), 1_700_000_000)
    assert len(reader.poll()) == 2
    reader.write("a.jsonl", rows(1, 2, 3), 1_700_000_100)
    reader.write("b.jsonl", rows(1, 2, 4), 1_700_000_100)
    assert {"row 3", "row 4"} <= set(reader.poll())
    assert reader.ids["row 3"] != reader.ids["row 4"]
