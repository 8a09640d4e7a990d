"""`newsquake detect` from the user's side."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.errors import ConfigError
from detect.cli import detect
from detect.stream import Stream, rows, score


def wave(n: int, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [math.sin(i / 288 * 2 * math.pi) * 10 + chance.gauss(0, 0.3) for i in range(n)]


def scored(values: list[float]) -> list[float]:
    stream = Stream()
    return [stream.step(300.0 * i, value) for i, value in enumerate(values)]


def test_each_score_uses_only_the_past() -> None:
    values = wave(3000)
    values[2000] = 60.0
    whole = scored(values)
    for cut in (150, 1999, 2000, 2001, 2500):
        assert scored(values[:cut]) == whole[:cut]


def test_a_spike_stands_out_and_an_ordinary_day_does_not() -> None:
    values = wave(3000)
    values[2000] = 60.0
    found = scored(values)
    assert found[2000] == max(found) > 0.9
    assert sum(x > 0.5 for x in found[1000:]) <= 3, "once the rhythm is known"


def test_a_day_that_breaks_the_rhythm_is_found_though_its_values_are_ordinary() -> None:
    values = wave(288 * 12)
    day = 288 * 9
    values[day + 20 : day + 120] = [-9.0 + i * 0.001 for i in range(100)]
    found = scored(values)
    assert max(found[day + 20 : day + 120]) > 0.5


@pytest.mark.parametrize("glitch", [1e3, 1e6, 1e9, -1e12])
@pytest.mark.parametrize(("at", "rows_long"), [(50, 1), (500, 1), (500, 3)])
def test_one_glitch_however_large_hides_no_later_spike(glitch: float, at: int, rows_long: int) -> None:
    chance = random.Random(1)
    values = [10 + chance.gauss(0, 1) for _ in range(1600)]
    values[at : at + rows_long] = [glitch * (1 + 0.01 * i) for i in range(rows_long)]
    values[at + 400], values[1500] = 60.0, 80.0
    found = scored(values)
    assert found[at] > 0.9 or at < 100, "(nothing is reported of the first hundred rows)"
    assert found[at + 400] > 0.9 and found[1500] > 0.9


@pytest.mark.parametrize("glitch", [60.0, 1e3, 1e9])
def test_one_glitch_hides_no_later_day_that_breaks_the_rhythm(glitch: float) -> None:
    values = wave(288 * 12)
    values[288 * 5 + 100] = glitch
    day = 288 * 9
    values[day + 20 : day + 120] = [-9.0 + i * 0.001 for i in range(100)]
    assert max(scored(values)[day + 20 : day + 120]) > 0.5


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.01])
def test_a_gauge_at_rest_that_jumps_to_one_height_now_and_then_is_seldom_reported(noise: float) -> None:
    chance = random.Random(1)
    values = [5 + chance.gauss(0, noise) for _ in range(10_000)]
    for i in range(307, 10_000, 300):
        values[i] = 25 + chance.gauss(0, 0.05)
    found = scored(values)
    assert sum(x > 0.5 for x in found[500:]) <= 16, "of 32 jumps; most are as high as one before"


@pytest.mark.parametrize(
    "blips", [[50], [50, 1290], [50, 1290, 1400], [50, 60, 1400], [50, 1290, 1300, 1400]]
)
def test_a_few_early_rows_hide_no_broken_day_of_a_series_at_rest(blips: list[int]) -> None:
    """Zero but for some rows, as counts and switches are; on one day half of it is not."""
    for day in (7, 9, 11, 13):
        values = [0.0] * (288 * 15)
        for row in [*blips, *range(288 * day + 20, 288 * day + 140)]:
            values[row] = 1.0
        assert max(scored(values)[288 * day + 20 : 288 * day + 140]) > 0.5, day


def test_a_constant_series_scores_zero_and_its_first_move_one_report() -> None:
    found = scored([5.0] * 500 + [6.0] * 500)
    assert max(found[:500]) == 0.0
    assert [i for i, x in enumerate(found) if x > 0.5] == [500]


def test_scores_are_between_zero_and_one_whatever_comes() -> None:
    values = [0.0, math.nan, 1e308, -1e308, math.inf, 1e-320, 5.0] * 60
    assert all(0.0 <= x <= 1.0 for x in scored(values))


@pytest.mark.parametrize(
    "values",
    [
        [1.7e308] * 1500,
        [1.7e308, 1.7e308, -1.7e308] * 500,
        [5.0] * 700 + [1.7e308] * 800,
        [1e-320] * 700 + [1.7e308, -1.7e308] * 400,
    ],
)
def test_values_at_the_end_of_all_numbers_are_scored_like_others(values: list[float]) -> None:
    """Three in a row of them, and more than two days: their sum is beyond all numbers."""
    found = scored(values)
    assert all(0.0 <= x <= 1.0 for x in found)
    first = next((i for i, x in enumerate(values) if x != values[0]), None)
    if first is not None and first >= 100:
        assert found[first] > 0.5  # the leap is reported


def test_a_gap_in_the_values_scores_zero_and_teaches_nothing() -> None:
    lines = ["timestamp,value"] + [
        f"2024-01-01T{i // 60:02d}:{i % 60:02d}:00,{'' if i == 7 else i % 5}" for i in range(300)
    ]
    found = list(score(lines))
    assert len(found) == 300 and found[7] == ("2024-01-01T00:07:00", "", 0.0)


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
    lines = "".join(f"{i},{x}\n" for i, x in enumerate(wave(2_000)))
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


def test_a_row_costs_as_much_late_as_early() -> None:
    chance, stream, costs = random.Random(3), Stream(), []
    for start in range(0, 40_000, 200):
        values = [chance.gauss(0, 1) for _ in range(200)]
        begun = time.process_time()
        for i, value in enumerate(values, start):
            stream.step(float(i), value)
        costs.append(time.process_time() - begun)
    assert min(costs[-10:]) < 5 * min(costs[5:15])


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000, 1_000_000_000])
@pytest.mark.parametrize("start", [1_768_010_100, 1_767_225_600])
def test_time_since_1970_is_the_same_moment_in_any_unit(start: int, scale: int) -> None:
    lines = [f"{(start + 60 * i) * scale},{i}" for i in range(3)]
    assert [row[2] for row in rows(lines, "x")] == [start + 60.0 * i for i in range(3)]


def test_an_iso_date_without_dashes_is_still_a_date() -> None:
    assert [row[2] for row in rows(["20260101,1", "20260102,2"], "x")] == [1_767_225_600.0, 1_767_312_000.0]
