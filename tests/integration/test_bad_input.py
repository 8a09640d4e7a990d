"""Bad input through the real command line: one clear line, an honest exit status, nothing lost, no traceback."""

from __future__ import annotations

import json
import os
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import tables
from core.settings import StoreSettings
from core.store import open_store
from tests.support.runs import Run

pytestmark = pytest.mark.timeout(400)
GOOD = [
    {
        "published_at": f"2026-03-02T09:{number:02d}:00Z",
        "title": f"Apple profit rises {number} percent",
        "url": f"https://x.example/{number}",
    }
    for number in range(20)
]


def jsonl(path: Path, rows: list[Any]) -> Path:
    path.write_bytes(
        b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)
    )
    return path


def up(dump: Path, folder: Path, *more: str, store: str | None = None, **options: Any) -> Any:
    """`newsquake up --replay … --exit` to its end."""
    run = Run(dump, folder, store or f"sqlite:///{folder / 'store.db'}", None, None, more)
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        run.command(), cwd=folder, env=run.environment(), capture_output=True, text=True, timeout=300, check=False,
        **options,
    )  # fmt: skip


def one_line(done: Any, status: int, told: str) -> None:
    said = done.stderr + done.stdout
    assert done.returncode == status, said
    assert "Traceback" not in said
    lines = [line for line in done.stderr.splitlines() if line.startswith("newsquake: ")]
    assert len(lines) == 1, said
    assert re.search(told, lines[0]), lines[0]


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Any], str]:
    """A dump with everything that is wrong in the world, replayed once."""
    folder = tmp_path_factory.mktemp("dirty")
    huge = {**GOOD[0], "url": "https://x.example/huge", "body": "loss " * 10_000_000}  # 50 MB
    rows: list[Any] = [
        *GOOD,
        huge,
        {**GOOD[1], "url": "https://x.example/nul", "title": "Null \x00 and bell \x07 and escape \x1b[31m red"},
        b'{"published_at": "2026-03-02T10:00:00Z", "title": "bad \xff\xfe bytes", "url": "https://x.example/utf"}\n',
        b'{"published_at": "2026-03-02T10:01:00Z", "title": \n',
        b"not json at all\n",
        b"\n",
        b"[1, 2, 3]\n",
        b"null\n",
        b"[" * 5_000 + b"\n",
        {"published_at": "the day before yesterday, roughly", "title": "No time", "url": "https://x.example/t"},
        {"title": "No time at all", "url": "https://x.example/t2"},
        {"published_at": "2026-03-02T10:02:00Z", "title": None, "body": None, "url": "https://x.example/n"},
        {"published_at": "2026-03-02T10:02:00Z", "title": "   ", "body": "\n\t", "url": "https://x.example/w"},
        {"published_at": "2026-03-02T10:03:00Z", "title": 12345, "url": "https://x.example/num"},
        {"published_at": "2026-03-02T10:03:00Z", "title": {"a": ["nested"]}, "url": "https://x.example/nest"},
        {"published_at": "2026-03-02T10:04:00Z", "title": "\ud800 alone", "url": "https://x.example/sur"},
        {"published_at": "2026-03-02T10:05:00Z", "title": "<script>alert(1)</script> '; DROP TABLE articles;--",
         "url": "javascript:alert(1)"},
        GOOD[3],
    ]  # fmt: skip
    done = up(jsonl(folder / "dirty.jsonl", rows), folder)
    summary = json.loads((folder / "out" / "summary.json").read_text()) if done.returncode == 0 else {}
    return done, summary, f"sqlite:///{folder / 'store.db'}"


def test_the_numbers_add_up_over_everything_that_is_wrong(dirty: tuple[Any, dict[str, Any], str]) -> None:
    done, summary, _ = dirty
    assert done.returncode == 0, done.stdout + done.stderr
    assert summary["adds_up"]
    assert summary["read"] == summary["stored"] + summary["dead"] + summary["duplicates"]
    assert summary["read"] >= len(GOOD) + 16
    assert "Traceback" not in done.stdout + done.stderr


def test_every_dead_row_says_why_and_keeps_its_bytes(dirty: tuple[Any, dict[str, Any], str]) -> None:
    _, summary, url = dirty
    store = open_store(StoreSettings(url=url), migrate=False)
    with store.read() as connection:
        rows = connection.execute(select(tables.dead)).all()
        titles = set(connection.execute(select(tables.articles.c.title)).scalars())
        urls = set(connection.execute(select(tables.articles.c.url)).scalars())
    store.close()
    assert len(rows) == summary["dead"]
    reasons = {row.reason for row in rows}
    assert {"no_text", "no_time", "too_large", "bad_row"} <= reasons
    assert reasons & {"bad_json", "bad_row"}
    assert not any("nested" in title for title in titles), "an object is no title"
    assert all(row.payload_hash for row in rows)
    assert {row["title"] for row in GOOD} <= titles
    assert "https://x.example/huge" not in urls
    for title in titles:
        assert "\x00" not in title and "\x1b" not in title


def test_a_dump_that_is_not_there(tmp_path: Path) -> None:
    one_line(up(tmp_path / "none.jsonl", tmp_path), 2, r"none\.jsonl: no such file")


def untouched(folder: Path) -> bool:
    """Whether nothing was started for it: no store, no logs of stages."""
    return not (folder / "store.db").exists() and not list(folder.rglob("*.log"))


def test_a_folder_is_no_dump(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    one_line(up(tmp_path / "folder.jsonl", tmp_path / "run"), 2, r"folder\.jsonl: is a folder; it holds no")
    jsonl(tmp_path / "folder.jsonl" / "news.jsonl", GOOD)
    one_line(up(tmp_path / "folder.jsonl", tmp_path / "run"), 2, r"name one file in it: news\.jsonl")
    assert untouched(tmp_path / "run")


def test_a_kind_of_file_we_do_not_read(tmp_path: Path) -> None:
    (tmp_path / "news.docx").write_bytes(b"PK")
    one_line(
        up(tmp_path / "news.docx", tmp_path / "run"), 2, r"news\.docx.*jsonl, csv|news\.docx.*(jsonl|csv)"
    )


def test_a_parquet_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "news.parquet").write_bytes(b"this is no parquet file at all")
    one_line(up(tmp_path / "news.parquet", tmp_path / "run"), 2, r"news\.parquet")


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    dump = jsonl(tmp_path / "news.jsonl", GOOD)
    done = up(dump, tmp_path / "run", "--columns", "title=headline")
    one_line(done, 2, r"no column 'headline' \(for title\); columns found: published_at, title, url")
    one_line(up(dump, tmp_path / "run2", "--columns", "colour=title"), 2, r"colour")
    assert untouched(tmp_path / "run")
    assert untouched(tmp_path / "run2")


def test_a_dump_without_any_column_we_need(tmp_path: Path) -> None:
    (tmp_path / "news.csv").write_text("a,b\n1,2\n")
    one_line(up(tmp_path / "news.csv", tmp_path / "run"), 2, r"news\.csv: no column for published_at")
    assert untouched(tmp_path / "run")


def test_an_empty_dump(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"")
    one_line(up(tmp_path / "empty.jsonl", tmp_path / "run"), 2, r"empty\.jsonl: the file is empty")
    (tmp_path / "head.csv").write_text("date,title\n")
    one_line(up(tmp_path / "head.csv", tmp_path / "run"), 2, r"head\.csv: the file holds no rows")
    assert untouched(tmp_path / "run")


def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        dump = jsonl(tmp_path / "news.jsonl", GOOD)
        environment = {**os.environ, "NEWSQUAKE_BROKER__CONNECT_TIMEOUT_S": "2"}
        command = [sys.executable, "-m", "newsquake", "up", "--replay", str(dump), "--exit", "--no-dashboard"]
        command += ["--broker", f"127.0.0.1:{port}", "--store", f"sqlite:///{tmp_path / 's.db'}"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
    one_line(done, 1, rf"127\.0\.0\.1:{port}")


@pytest.mark.parametrize("stage", ["ingest", "classify-worker", "alert-worker", "deliver"])
def test_a_stage_whose_store_is_away_says_so(stage: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "newsquake", stage, "--store", f"sqlite:///{tmp_path}/file/s.db"]
    command += [] if stage == "deliver" else ["--broker", "127.0.0.1:9"]
    (tmp_path / "file").write_text("")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    one_line(done, 2, r"store folder .*file")


def newsquake(folder: Path, *arguments: str, **environ: str) -> Any:
    """Any command, in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "newsquake", *arguments], cwd=folder, env={**os.environ, **environ},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", [("up", "--no-dashboard"), ("ingest", "--broker", "127.0.0.1:9")])
def test_faults_in_the_sources_are_told_before_anything_starts(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    text = "ingest:\n  sources:\n    - {name: a, kind: feed, url: 'http://x.org/', evry: 5m}\n"
    (tmp_path / "newsquake.yaml").write_text(text)
    done = newsquake(tmp_path, *command)
    one_line(done, 2, r"newsquake\.yaml:3: ingest\.sources\.0\.evry: unknown key \(did you mean every\?\)")
    assert [path.name for path in tmp_path.iterdir()] == ["newsquake.yaml"]


def test_a_stage_without_its_broker_says_so_in_lines_of_its_own(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "newsquake", "ingest", "--broker", address, "--store", f"sqlite:///{tmp_path}/s.db"],
            env={**os.environ, "NEWSQUAKE_BROKER__CONNECT_TIMEOUT_S": "1"}, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr is not None
        first = process.stderr.readline()
        process.terminate()
        rest = process.communicate(timeout=60)[1]
    assert f"broker {address}: connecting: no broker answers there" in first
    assert "kafka." not in first + rest
    one = [line for line in rest.splitlines() if line.startswith("newsquake: ")]
    assert one == [f"newsquake: broker {address}: connecting: no broker answers there"]
    assert process.returncode == 1


def test_init_where_nothing_can_be_written(tmp_path: Path) -> None:
    one_line(newsquake(tmp_path, "init", "/proc/foo"), 2, r"init /proc/foo: nothing can be written there \(")
    (tmp_path / "file").write_text("")
    one_line(
        newsquake(tmp_path, "init", "file"), 2, r"init file: nothing can be written there \(File exists\)"
    )


def test_a_read_only_out_is_told_before_the_work(tmp_path: Path, read_only: Path) -> None:
    dump = jsonl(tmp_path / "news.jsonl", GOOD)
    told = r"--out .*: nothing can be written there \(Read-only file system\)"
    one_line(newsquake(tmp_path, "up", "--replay", str(dump), "--exit", "--out", str(read_only)), 2, told)
    one_line(newsquake(tmp_path, "backtest", "--scored", str(dump), "--out", str(read_only / "x")), 2, told)
    one_line(newsquake(tmp_path, "init", str(read_only)), 2, r"nothing can be written there")
    assert not list(tmp_path.rglob("*.db"))


def test_a_store_that_cannot_be_written(tmp_path: Path, read_only: Path) -> None:
    dump = jsonl(tmp_path / "news.jsonl", GOOD)
    done = up(dump, tmp_path / "run", store=f"sqlite:///{read_only / 'store.db'}")
    assert done.returncode in (1, 2)
    one_line(done, done.returncode, r"store .*read-only")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder on a read-only file system: root may write anywhere else."""
    place = tmp_path / "readonly"
    place.mkdir()
    yield from _mounted(place, "ro")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    place = tmp_path / "small"
    place.mkdir()
    yield from _mounted(place, "size=3m")


def _mounted(place: Path, options: str) -> Iterator[Path]:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"mounting a file system is not allowed here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def test_a_full_disk_is_told_and_with_room_again_nothing_is_lost(tmp_path: Path, small: Path) -> None:
    rows = [
        {"published_at": f"2026-03-02T{9 + n // 60:02d}:{n % 60:02d}:00Z", "title": f"Item {n % 5}",
         "body": "Shares fell again. " * 300, "url": f"https://x.example/{n}"}
        for n in range(600)
    ]  # fmt: skip
    dump = jsonl(tmp_path / "news.jsonl", rows)
    store = f"sqlite:///{small / 'store.db'}"
    done = up(dump, tmp_path / "run", store=store)
    one_line(done, 1, r"full")
    subprocess.run(["mount", "-o", "remount,size=200m", str(small)], check=True)
    again = up(dump, tmp_path / "run", store=store)
    assert again.returncode == 0, again.stdout + again.stderr
    summary = json.loads((tmp_path / "run" / "out" / "summary.json").read_text())
    assert summary["adds_up"]
    assert summary["stored"] == len(rows)


def test_simulate_on_a_full_disk_is_one_line(tmp_path: Path) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    command = [sys.executable, "-m", "newsquake", "simulate", "--out", str(tmp_path), "--articles", "5000"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, preexec_fn=limited
    )
    one_line(done, 2, r"articles\.jsonl: File too large")


def test_a_dump_that_goes_on_says_what_came_too_late(tmp_path: Path) -> None:
    assert up(jsonl(tmp_path / "one.jsonl", GOOD), tmp_path).returncode == 0
    later = [
        {
            "published_at": f"2026-03-03T09:{number:02d}:00Z" if number else "2026-03-02T08:00:00Z",
            "title": f"Boeing hires {number} pilots",
            "url": f"https://x.example/more/{number}",
        }
        for number in range(20)
    ]
    done = up(jsonl(tmp_path / "two.jsonl", later), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "= 40; 1 of these came too late for their window (corrections)" in done.stderr
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["late"] == 1
