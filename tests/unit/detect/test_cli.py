"""`newsquake detect` from the user's side."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.errors import ConfigError
from detect.cli import detect
from detect.reader import rows


def test_the_file_comes_back_row_for_row(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "value,timestamp,note\n" + "".join(f"{i % 7}.50,2024-01-01 00:{i:02d}:00,x\n" for i in range(60))
    )
    detect(source, out)
    lines = out.read_text().splitlines()
    assert lines[0] == "timestamp,value,anomaly_score" and len(lines) == 61
    assert lines[1].startswith("2024-01-01 00:00:00,0.50,")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (text.replace(",", between), ":1: expected the columns timestamp and value, found date, close (")
            for text in ("date,close\n2024-01-01,2\n", '"Date",Close\n1,2\n')
            for between in ",;\t|"
        ),
        (
            "\n\ndate;close\n2024-01-01;1,5\n",
            ":3: expected the columns timestamp and value, found date, close (",
        ),
        ("timestamp,value\nyesterday,2\n", ":2: not a timestamp: 'yesterday'"),
        ("timestamp,value\n2024-01-01,many\n", ":2: not a number: 'many'"),
        ("timestamp,value\n2024-01-02,1\n2024-01-01,1\n", ":3: 2024-01-01 lies before the row above"),
        ("timestamp,value\n2024-01-02\n", ":2: expected a timestamp and a value"),
    ],
)
def test_bad_input_is_one_line_with_its_place_and_no_half_file(tmp_path: Path, text: str, said: str) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(text)
    with pytest.raises(ConfigError) as caught:
        detect(source, out)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [source]


def test_a_missing_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.csv: No such file"):
        detect(tmp_path / "nothing.csv")


def test_headerless_files_and_seconds_are_taken() -> None:
    assert [row[2:] for row in rows(["0,1.5", "60,2.5"], "x")] == [(0.0, 1.5), (60.0, 2.5)]


def test_a_device_or_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    source, pipe, found = tmp_path / "in.csv", tmp_path / "pipe", []
    source.write_text("timestamp,value\n2024-01-01,1\n")
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_text()))
    reader.start()
    detect(source, pipe)
    reader.join(10)
    assert found == ["timestamp,value,anomaly_score\n2024-01-01,1,0\n"] and pipe.is_fifo()


def test_the_series_itself_is_not_written_over(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("timestamp,value\n2024-01-01,1\n")
    (tmp_path / "link.csv").symlink_to(source)
    for out in (source, tmp_path / "link.csv"):
        with pytest.raises(ConfigError, match="is the series itself"):
            detect(source, out)
    assert source.read_text() == "timestamp,value\n2024-01-01,1\n"


@pytest.mark.parametrize("between", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("header", ["timestamp{}value\n", "value{}timestamp\n", "\n"])
def test_tables_as_spreadsheets_save_them_are_read(
    tmp_path: Path, between: str, encoding: str, header: str
) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    mark = "," if between == ";" else "."
    told = [(f"2024-01-01 00:{i:02d}:00", f"{i % 7}{mark}5") for i in range(60)]
    if header.startswith("value"):
        text = "".join(f"{value}{between}{moment}\r\n" for moment, value in told)
    else:
        text = "".join(f"{moment}{between}{value}\r\n" for moment, value in told)
    source.write_bytes((header.format(between) + text).encode(encoding))
    detect(source, out)
    lines = out.read_text().splitlines()
    shown = '"1,5"' if mark == "," else "1.5"
    assert len(lines) == 61 and lines[2].startswith(f"2024-01-01 00:01:00,{shown},")
    numbers = [number for *_, number in rows(text_of(source, encoding).splitlines(), "x")]
    assert numbers == [i % 7 + 0.5 for i in range(60)]


def text_of(file: Path, encoding: str) -> str:
    return file.read_bytes().decode(encoding)


def test_a_line_of_such_a_table_is_still_named_by_its_number(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("\ntimestamp;value\n2024-01-01;1,5\n2024-01-02;1.000,5\n".encode("utf-16"))
    with pytest.raises(ConfigError, match=r"in\.csv:4: not a number: '1\.000,5'"):
        detect(source, tmp_path / "out.csv")
    source.write_bytes("timestamp;value\n".encode("utf-16") + b"\x00")
    with pytest.raises(ConfigError, match="not UTF-16 text"):
        detect(source, tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("detect - <&-", "newsquake: standard input: it is closed"),
        pytest.param(
            "detect in.csv >/dev/full",
            "newsquake: standard output: No space left on device",
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here"),
        ),
    ],
)
def test_what_cannot_be_read_or_written_is_called_by_its_name(tmp_path: Path, typed: str, said: str) -> None:
    lines = "".join(f"{i},{x}\n" for i, x in enumerate(range(2_000)))
    (tmp_path / "in.csv").write_text("timestamp,value\n" + lines)
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m newsquake {typed}"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (2, said)


@pytest.mark.parametrize("content", [b"", b"\n\n  \n"])
def test_a_file_without_any_row_is_told(tmp_path: Path, content: bytes) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(content)
    with pytest.raises(ConfigError, match=r"in\.csv: it holds no row"):
        detect(source, out)
    assert not out.exists()
    source.write_text("timestamp,value\n")  # a series of no length is one
    detect(source, out)
    assert out.read_text() == "timestamp,value,anomaly_score\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"timestamp,value\n\xff\xfe,1\n", "not UTF-8 text"),
        (b"timestamp,value\n2024-01-01," + b"1" * 200_000 + b"\n", ":2: field larger than field limit"),
        (b"timestamp,value\n2024-01-01,1\x00\n", "2:"),
        (b"timestamp,value\n99999999999999,1\n1e308,2\n", ""),
        (b"timestamp,value\n9999-12-31T23:59:59-14:00,1\n", ""),
        (b"timestamp,value\n0001-01-01T00:00:00+14:00,1\n", ""),
    ],
)
def test_odd_bytes_numbers_and_times_by_a_pipe_are_one_line_or_a_score(content: bytes, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "newsquake", "detect", "-"], input=content, capture_output=True, check=False
    )
    told = done.stderr.decode()
    assert "unexpected" not in told and "Traceback" not in told
    if said:
        assert done.returncode == 2 and said in told and told.count("\n") == 1
    else:
        assert done.returncode == 0 and not told
