"""classify's rows: one out for every row in, in order, whatever is in them."""

import io
import json
import os
import signal
import threading
import time
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
    assert "5 of 9 rows have no scores: what is wrong stands in their `error`" in done.stderr
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


def test_a_table_on_standard_input_is_read_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = '\ufeffid,title,body\nx,"Stocks fall, bonds rise",\ny,,央行降准\n'.encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    rows = list(table.read("-"))
    assert [(r.id, r.text and r.text.title, r.text and r.text.body) for r in rows] == [
        ("x", "Stocks fall, bonds rise", ""),
        ("y", "", "央行降准"),
    ]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"Text, body and soul\nstocks up\n")))
    assert [r.text and r.text.title for r in table.read("-")] == ["Text, body and soul", "stocks up"]


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
        ("in.parquet", b"not parquet", "not Parquet"),
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


def test_a_table_without_a_text_column_says_so_in_any_encoding(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("编号,标题\n".encode("gbk"))
    with pytest.raises(ConfigError, match="expected text"):
        list(table.read(str(source)))


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


def test_a_quote_that_is_never_closed_takes_no_rows_with_it(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text('id,text\n1,stocks rise\n2,"two\nlines"\n3,"unclosed\n4,stocks fall\n5,profit\n')
    rows = list(table.read(str(source), None))
    assert [(row.id, row.text.title if row.text else "") for row in rows] == [
        ("1", "stocks rise"), ("2", "two\nlines"), ("3", ""), ("4", "stocks fall"), ("5", "profit"),
    ]  # fmt: skip
    assert rows[2].error == 'not CSV: a quote in this row is never closed (3,"unclosed)'


def test_a_quote_closed_by_another_row_takes_no_rows_with_it(tmp_path: Path) -> None:
    content = (
        'id,text\n1,up\n2,"unclosed here\n3,down\n4,flat\n5,"quoted, fine"\n6,last\n7,"fine ""in"" text"\n'
    )
    rows = told(tmp_path / "in.csv", content.encode())
    assert [name for name, _ in rows] == list("1234567")
    assert [said for name, said in rows if name != "2"] == [
        "up", "down", "flat", "quoted, fine", "last", 'fine "in" text'
    ]  # fmt: skip
    many = "id,text\n" + "".join(f'{i},"open {i}\n' for i in range(3_000))
    assert len(told(tmp_path / "many.csv", many.encode())) == 3_000


def told(path: Path, content: bytes) -> list[tuple[str, str]]:
    """Each row's id and title (with the body behind a bar), or its error."""
    path.write_bytes(content)
    return [(row.id, said(row)) for row in table.read(str(path))]


def said(row: table.Row) -> str:
    if row.text is None:
        return f"error: {row.error}"
    return f"{row.text.title}|{row.text.body}" if row.text.body else row.text.title


TWO = [("1", "Apple up"), ("2", "茅台涨停")]


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("in.csv", "id,text\n1,Apple up\n2,茅台涨停\n", "utf-16"),
        ("in.csv", "id,text\n1,Apple up\n2,茅台涨停\n", "gbk"),
        ("in.csv", "id,text\r1,Apple up\r2,茅台涨停\r", "utf-8-sig"),
        ("in.csv", "ID, Text\n1,Apple up\n2,茅台涨停\n", "utf-8"),
        ("in.csv", "id;text\n1;Apple up\n2;茅台涨停\n", "utf-8"),
        ("in.tsv", "text\tid\nApple up\t1\n茅台涨停\t2\n", "utf-8"),
        ("in.csv", "\n\nid|text\n1|Apple up\n2|茅台涨停\n", "utf-8"),
        ("in.json", '[{"id": 1, "text": "Apple up"}, {"id": 2, "text": "茅台涨停"}]', "utf-8"),
        ("in.json", '[\n{"id": 1,\n"text": "Apple up"},\n{"id": 2, "text": "茅台涨停"}]', "utf-16"),
        ("in.jsonl", '{"id": 1, "Text": "Apple up"}\r\n{"ID": 2, "text": "茅台涨停"}', "gb18030"),
        ("in.ndjson", '{"id": 1, "text": "Apple up"}\n{"id": 2, "title": "茅台涨停"}\n', "utf-8"),
    ],
)
def test_a_table_is_read_however_it_was_saved(tmp_path: Path, name: str, text: str, encoding: str) -> None:
    assert [(i, s.strip()) for i, s in told(tmp_path / name, text.encode(encoding))] == TWO


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "gbk", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_plain_lines_are_read_however_they_were_saved(tmp_path: Path, encoding: str, end: str) -> None:
    raw = end.join(["Apple up on the day", "贵州茅台涨停，市场大涨"]).encode(encoding)
    assert [said for _, said in told(tmp_path / "in.txt", raw)] == [
        "Apple up on the day",
        "贵州茅台涨停，市场大涨",
    ]


def test_a_broken_line_in_a_utf8_file_is_alone_in_it(tmp_path: Path) -> None:
    raw = "Nestlé up\n茅台涨停\n".encode() + b"caf\xe9 \xff\n" + "央行降准\n".encode()
    rows = told(tmp_path / "in.txt", raw)
    assert [said for _, said in rows[:2] + rows[3:]] == ["Nestlé up", "茅台涨停", "央行降准"]
    assert "not UTF-8" in rows[2][1]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"text\nApple up, Boeing down\n", ["Apple up, Boeing down"]),
        (b"text,id\nApple up,1\n", ["Apple up"]),
        (b"id\ttext\n1\tApple up\n", ["Apple up"]),
        (b"ID;Title\n1;Apple up\n", ["Apple up"]),
        (b'[{"text": "Apple up"}, {"text": "b"}]', ["Apple up", "b"]),
        (b'{\n"text": "Apple up"\n}', ["Apple up"]),
        (b"[PLUG] up\n{oops\n", ["[PLUG] up", "error"]),
        (b"Stocks, text and body\nup\n", ["Stocks, text and body", "up"]),
        ("Apple up\n央行降准\n".encode("utf-16"), ["Apple up", "央行降准"]),
        (b"", []),
    ],
)
def test_a_streams_form_is_told_from_it(
    raw: bytes, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    assert [said(row).partition(":")[0] for row in table.read("-")] == expected


def test_parquet_and_pipes_are_streams_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.BytesIO()
    pd.DataFrame({"ID": [1, 2], "Text": [b"Apple up", b"caf\xe9"]}).to_parquet(kept)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(kept.getvalue())))
    rows = [(row.id, said(row)) for row in table.read("-")]
    assert rows[0] == ("1", "Apple up") and "not UTF-8" in rows[1][1]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=lambda: pipe.write_bytes(b'{"id": 5, "text": "Apple up"}\n'))
    writing.start()
    assert [(row.id, said(row)) for row in table.read(str(pipe))] == [("5", "Apple up")]
    writing.join()


def test_no_cell_is_dropped_in_silence(tmp_path: Path) -> None:
    rows = told(tmp_path / "a.csv", b"id,text\n1,a,b,c\n2,d,,\n")
    assert rows == [("1", "a,b,c"), ("2", "d")]
    rows = told(tmp_path / "b.csv", b"text,id\na,b,3\nc,4\n")
    assert rows[0][1].startswith("error: not CSV: 3 cells under 2 columns") and rows[1] == ("4", "c")
    with pytest.raises(ConfigError, match="two columns are called text"):
        told(tmp_path / "c.csv", b"id,text,text\n1,a,b\n")
    rows = told(
        tmp_path / "d.csv", b"title,text\nOil up,Brent rose\nOil up,Oil up. Brent rose\n,Brent rose\n"
    )
    assert [said for _, said in rows] == ["Oil up|Brent rose", "Oil up|Brent rose", "Brent rose"]
    assert told(tmp_path / "e.csv", b"text,body\nOil up,Brent rose\n")[0][1] == "Oil up|Brent rose"


def test_a_missing_id_is_never_another_rows(tmp_path: Path) -> None:
    assert [name for name, _ in told(tmp_path / "a.csv", b"id,text\n1,a\n,b\n3,c\n")] == ["1", "row 1", "3"]
    assert [name for name, _ in told(tmp_path / "b.csv", b"text\na\nb\n")] == ["0", "1"]


def test_an_empty_table_has_no_rows(tmp_path: Path) -> None:
    assert told(tmp_path / "a.csv", b"") == told(tmp_path / "b.csv", b"id,text\n") == []


def test_a_register_is_read_in_any_letters() -> None:
    rows = [
        table.row_of(0, {"text": "x", "register": given}).text
        for given in ("News ", "SOCIAL", "", None, float("nan"))
    ]
    assert [row and row.register for row in rows] == ["news", "social", None, None, None]


@pytest.mark.parametrize("given", ["tabloid", 5, 0, b"blog"])
def test_an_unknown_register_is_the_rows_error_unless_one_is_said_for_all(given: object) -> None:
    row = table.row_of(0, {"text": "x", "register": given})
    assert row.text is None
    assert row.error.startswith("register: expected one of news, social, forum, or nothing; found ")
    said = table.row_of(0, {"text": "x", "register": given}, "social")
    assert not said.error and said.text and said.text.register == "social"


def test_a_run_that_is_told_to_end_leaves_no_half_file(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended, sinks.writer(str(tmp_path / "o.ndjson")):
        assert (tmp_path / "o.ndjson.part").exists()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert ended.value.code == 128 + signal.SIGTERM
    assert not list(tmp_path.iterdir())


def test_the_output_may_not_be_the_input(tmp_path: Path, tiny_weights: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", ['{"text": "stocks rise"}'])
    (tmp_path / "same.jsonl").hardlink_to(source)
    for target in (source, tmp_path / "same.jsonl"):
        with pytest.raises(ConfigError, match="is the input too"):
            classify(str(source), "-o", str(target), weights=tiny_weights)
    assert source.read_text() == '{"text": "stocks rise"}\n'
