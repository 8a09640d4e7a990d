"""A table is read however it was saved: its form, encoding, quotes and stream are told from it."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from classifier import table
from core.errors import ConfigError


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


def test_a_table_without_a_text_column_says_so_in_any_encoding(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("编号,标题\n".encode("gbk"))
    with pytest.raises(ConfigError, match="expected text"):
        list(table.read(str(source)))


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


def said(row: table.InputRow) -> str:
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


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("聯發科獲利創新高", "big5"),
        ("外資買超台積電", "big5"),
        ("聯發科第三季營收創新高\n鴻海股價下跌", "big5"),
        ("央行降准", "gbk"),
        ("貴州茅臺漲停", "gbk"),
        ("Apple’s profit beats estimates", "cp1252"),
        ("“Apple” up", "cp1252"),
        ("Airbus sells jets for €5 bn", "cp1252"),
        ("Shell: £5", "cp1252"),
        ("“Nestlé” up – a lot", "cp1252"),
    ],
)
def test_a_line_or_two_are_enough_to_tell_the_encoding(tmp_path: Path, text: str, encoding: str) -> None:
    rows = told(tmp_path / "in.txt", text.encode(encoding))
    assert [said for _, said in rows] == text.split("\n")
    rows = told(tmp_path / "in.csv", b"text\n" + text.encode(encoding))
    assert [said for _, said in rows] == text.split("\n")


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
        (b'[PLUG] up\n{"oops\n', ["[PLUG] up", "error"]),
        (b"{curly} Apple up\n[PLUG] up\n", ["{curly} Apple up", "[PLUG] up"]),
        (b'{"text": "Apple up"}\n{text\n', ["Apple up", "error"]),
        (b"[]", []),
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
    assert told(tmp_path / "c.json", b"[]") == told(tmp_path / "d.json", b"[\n]\n") == []
    assert told(tmp_path / "e.parquet", b"") == []
