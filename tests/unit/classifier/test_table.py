"""classify's rows: one out for every row in, in order, whatever is in them."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from classifier import sinks, table
from classifier.cli import app
from classifier.taxonomy import TOPIC_NAMES
from core.errors import ConfigError

ROWS: list[Any] = [
    {"id": "a", "title": "Apple shares fall", "body": "iphone sales miss"},
    {"text": "Target raises guidance", "register": "social"},
    {"id": 7, "text": None},
    {"text": "   "},
    [1, 2],
    {"text": 5},
    {"title": "", "body": "stocks rally"},
    {"text": "苹果公司发布新手机", "language": "zh"},
]


GOOD = [0, 1, 6, 7]


def jsonl(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def classify(*arguments: str, weights: Path, **extra: Any) -> Any:
    command = ["classify", *arguments, "--weights", str(weights), "--device", "onnx", "--threads", "1"]
    return CliRunner().invoke(app, command, catch_exceptions=False, **extra)


def test_a_bad_row_becomes_a_row_with_an_error_in_its_place(tmp_path: Path, tiny_weights: Path) -> None:
    lines = [json.dumps(r, ensure_ascii=False) for r in ROWS]
    lines.insert(3, "not json {")
    source = jsonl(tmp_path / "in.jsonl", lines)
    done = classify(str(source), "-o", str(tmp_path / "out.jsonl"), weights=tiny_weights)
    assert done.exit_code == 0
    assert "5 of 9 rows have no scores: see their column `error`" in done.stderr
    out = [json.loads(x) for x in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(out) == len(lines)
    good = [i + (i >= 3) for i in GOOD]
    assert [i for i, row in enumerate(out) if not row["error"]] == good
    assert [row["id"] for row in out] == ["a", "row 1", "7"] + [f"row {i}" for i in range(3, 9)]
    for i in good:
        row = out[i]
        assert tuple(row["topics"]) == TOPIC_NAMES
        assert row["p_negative"] + row["p_neutral"] + row["p_positive"] == pytest.approx(1)
        assert row["sentiment"] in ("negative", "neutral", "positive")
        assert row["model_version"] and row["signature"]
    assert out[1]["register"] == "social"
    assert [e["id"] for e in out[8]["entities"]] == ["US:AAPL"]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
@pytest.mark.parametrize("to", [".jsonl", ".csv", ".parquet"])
def test_every_format_is_read_and_written(tmp_path: Path, tiny_weights: Path, suffix: str, to: str) -> None:
    frame = pd.DataFrame(
        {
            "id": ["x", "y", "z"],
            "title": ["Apple shares fall", None, 'stocks, "up"'],
            "body": ["", "", "5 %\nrally"],
        }
    )
    source, target = tmp_path / f"in{suffix}", tmp_path / f"out{to}"
    if suffix == ".jsonl":
        frame.to_json(source, orient="records", lines=True)
    elif suffix == ".csv":
        frame.to_csv(source, index=False)
    else:
        frame.to_parquet(source)
    assert classify(str(source), "-o", str(target), weights=tiny_weights).exit_code == 0
    readers = {
        ".jsonl": lambda p: pd.read_json(p, lines=True),
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
    }
    out = readers[to](target)
    assert list(out.columns) == list(sinks.COLUMNS)
    assert out["id"].tolist() == ["x", "y", "z"]
    assert [bool(e) and e == e for e in out["error"]] == [False, True, False]
    assert not list(tmp_path.glob("*.part"))


def test_plain_lines_and_standard_input(
    tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = jsonl(tmp_path / "in.txt", ["Apple shares fall", "", '{"not": "parsed"}'])
    result = classify(str(text), "-o", str(tmp_path / "o.jsonl"), weights=tiny_weights)
    out = [json.loads(x) for x in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert result.exit_code == 0
    assert [bool(r["error"]) for r in out] == [False, True, False]
    raw = b'{"text": "stocks up", "id": "j"}\nplain line\n\xff\xfe\n'
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    rows = list(table.read("-"))
    assert [r.id for r in rows] == ["j", "row 1", "row 2"]
    assert [bool(r.error) for r in rows] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Gewinn der Deutschen Bank stieg im dritten Quartal deutlich", "de"),
        ("La Bourse de Paris termine en forte baisse après la Fed", "fr"),
        ("トヨタ自動車は増益を発表した", "ja"),
        ("삼성전자 3분기 영업이익 급감", "ko"),
        ("Aktien steigen stark", "de"),
        ("L'action Airbus grimpe", "fr"),
        ("Акции Газпрома упали", "ru"),
        ("الأسهم السعودية ترتفع", "ar"),
        ("L'Oréal shares jump, d'Angelo quits", "en"),
        ("Apple shares fall after iPhone sales miss", "en"),
        ("台積電第三季營收創新高", "zh"),
    ],
)
def test_other_languages_are_told_and_never_sure(
    tmp_path: Path, tiny_weights: Path, text: str, language: str
) -> None:
    source = jsonl(tmp_path / "in.jsonl", [json.dumps({"text": text})])
    classify(str(source), "-o", str(tmp_path / "o.jsonl"), weights=tiny_weights)
    (row,) = rows_of(tmp_path / "o.jsonl")
    assert row["language"] == language
    assert row["abstained"] or language in ("en", "zh")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.jsonl", None, "no such file"),
        ("in.docx", b"x", "format .docx"),
        ("in.csv", b"a,b\n1,2\n", "expected text"),
        ("in.parquet", b"not parquet", "not a parquet file"),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=says) as caught:
        list(table.read(str(path)))
    assert name in str(caught.value)


def test_an_output_of_unknown_format_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="xlsx"), sinks.writer(str(tmp_path / "o.xlsx")):
        pytest.fail("opened")


def test_a_wrong_register_is_refused(tmp_path: Path, tiny_weights: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", ['{"text": "x"}'])
    with pytest.raises(ConfigError, match="register"):
        classify(str(source), "--register", "tabloid", weights=tiny_weights)


def test_a_register_said_for_all_is_read_in_any_letters(tmp_path: Path, tiny_weights: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", ['{"text": "x"}'])
    told = classify(
        str(source), "-o", str(tmp_path / "o.jsonl"), "--register", "SOCIAL", weights=tiny_weights
    )
    assert told.exit_code == 0
    assert [row["register"] for row in rows_of(tmp_path / "o.jsonl")] == ["social"]


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(x) for x in path.read_text(encoding="utf-8").splitlines()]


def test_a_sceptics_file_keeps_its_order_and_count(tmp_path: Path, tiny_weights: Path) -> None:
    long = "loss of the bank. " * 60_000
    given: list[Any] = [
        {"text": "stocks rally", "id": 1.0},
        {"text": "stocks rally", "id": 2},
        {"text": "stocks rally", "id": None},
        {"text": long},
        {"text": "\x00\x01\x1b[31m apple \u202e fall"},
        {"text": float("nan")},
        {"title": float("nan"), "body": "shares fall"},
        {"text": {"nested": 1}},
        {"text": True},
        {"text": "ok", "language": "fr"},
        {"text": "ok", "language": "en-US"},
        {"text": "贵州茅台涨停", "language": "Chinese"},
        {"text": "ok", "language": 7},
        {"text": "トヨタの利益が増加した"},
        {"text": "\ud83d broken emoji", "id": "\udfff"},
        {},
        None,
        "a bare string",
    ]
    source = jsonl(tmp_path / "in.jsonl", [json.dumps(g) for g in given])
    assert classify(str(source), "-o", str(tmp_path / "o.jsonl"), weights=tiny_weights).exit_code == 0
    out = rows_of(tmp_path / "o.jsonl")
    assert len(out) == len(given)
    assert [bool(r["error"]) for r in out] == [i in (5, 7, 8, 15, 16, 17) for i in range(len(given))]
    assert [r["id"] for r in out][:4] == ["1", "2", "row 2", "row 3"]
    same = [{k: v for k, v in r.items() if k != "id"} for r in out[:3]]
    assert same[0] == same[1] == same[2]
    assert [out[i]["language"] for i in (9, 10, 11, 12, 13)] == ["fr", "en", "zh", "en", "ja"]
    assert out[9]["abstained"] and out[13]["abstained"]


def test_a_table_with_short_and_long_rows_keeps_them(tmp_path: Path, tiny_weights: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"\xef\xbb\xbfid,title,body\r\n1,stocks rally\r\n2\r\n3,a,b,c,d\r\n4,nul\x00l,\r\n")
    assert classify(str(source), "-o", str(tmp_path / "o.csv"), weights=tiny_weights).exit_code == 0
    out = pd.read_csv(tmp_path / "o.csv")
    assert out["id"].tolist() == [1, 2, 3, 4]
    assert out["error"].notna().tolist() == [False, True, False, False]
    assert json.loads(out["topics"][0]).keys() == dict.fromkeys(TOPIC_NAMES).keys()


def test_numbers_read_from_a_column_with_gaps_stay_numbers(tmp_path: Path, tiny_weights: Path) -> None:
    pd.DataFrame({"id": [10, None, 12], "text": ["up", "down", float("nan")]}).to_parquet(
        tmp_path / "in.parquet"
    )
    target = tmp_path / "o.parquet"
    assert classify(str(tmp_path / "in.parquet"), "-o", str(target), weights=tiny_weights).exit_code == 0
    out = pd.read_parquet(target)
    assert out["id"].tolist() == ["10", "row 1", "12"]
    assert [bool(e) for e in out["error"]] == [False, False, True]


def test_an_empty_file_gives_an_empty_table(tmp_path: Path, tiny_weights: Path) -> None:
    (tmp_path / "in.jsonl").write_text("")
    for to in (".jsonl", ".csv", ".parquet"):
        target = tmp_path / f"o{to}"
        assert classify(str(tmp_path / "in.jsonl"), "-o", str(target), weights=tiny_weights).exit_code == 0
        assert target.exists()


def test_a_register_is_read_in_any_letters() -> None:
    rows = [
        table.InputRows().of({"text": "x", "register": given}).text
        for given in ("News ", "SOCIAL", "", None, float("nan"))
    ]
    assert [row and row.register for row in rows] == ["news", "social", None, None, None]


@pytest.mark.parametrize("given", ["tabloid", 5, 0, b"blog"])
def test_an_unknown_register_is_the_rows_error_unless_one_is_said_for_all(given: object) -> None:
    row = table.InputRows().of({"text": "x", "register": given})
    assert row.text is None
    assert row.error.startswith("register: expected one of news, social, forum, or nothing; found ")
    said = table.InputRows("social").of({"text": "x", "register": given})
    assert not said.error and said.text and said.text.register == "social"


def test_a_run_that_is_told_to_end_leaves_no_half_file(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended, sinks.writer(str(tmp_path / "o.ndjson")):
        assert list(tmp_path.glob("o.ndjson.*.part"))
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    assert ended.value.code == 128 + signal.SIGTERM
    assert not list(tmp_path.iterdir())


def test_the_output_may_not_be_the_input(tmp_path: Path, tiny_weights: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", ['{"text": "stocks rise"}'])
    (tmp_path / "same.jsonl").hardlink_to(source)
    for target in (source, tmp_path / "same.jsonl"):
        with pytest.raises(ConfigError, match="is also the input"):
            classify(str(source), "-o", str(target), weights=tiny_weights)
    assert source.read_text() == '{"text": "stocks rise"}\n'


def test_two_runs_into_one_file_do_not_write_into_one_another(tmp_path: Path) -> None:
    code = (
        "import sys; from classifier import sinks\n"
        "with sinks.writer(sys.argv[1]):\n    print(flush=True); sys.stdin.readline()"
    )
    target = tmp_path / "o.jsonl"
    runs = [
        subprocess.Popen([sys.executable, "-c", code, target], stdin=-1, stdout=-1, text=True) for _ in "ab"
    ]
    for one in runs:
        assert one.stdout and one.stdout.readline()
    assert len(list(tmp_path.glob("o.jsonl.*.part"))) == 2
    for one in runs:
        one.communicate("\n", timeout=60)
    assert [one.returncode for one in runs] == [0, 0]
    assert [file.name for file in tmp_path.iterdir()] == ["o.jsonl"]
