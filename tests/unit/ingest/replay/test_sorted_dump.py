"""Files of every kind and compression, clean and dirty, become the same articles."""

import bz2
import gzip
import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import zstandard

from core.clock import ManualClock
from core.errors import ConfigError
from core.records import Article, decode
from ingest.replay.sorted_dump import SortedDump, check_dump

NOW = 1_700_000_000_000
ROWS = [
    {"date": "2016-01-28T10:00:00", "title": "Gold up", "body": "Gold rose, again.", "id": "1"},
    {"date": "2016-01-27T09:00:00", "title": '央行宣布降准,"意外"', "body": "第一行\n第二行", "id": "2"},
    {"date": "2016-01-29", "title": "Day only", "body": "", "id": "3"},
]


def load(path: Path, folder: Path, **options: object) -> SortedDump:
    dump = SortedDump(path, folder=folder, **options)  # type: ignore[arg-type]
    assert dump.load(ManualClock(NOW), lambda rows: True)
    return dump


def articles(dump: SortedDump) -> list[Article]:
    found = [decode(group.value, "article/1") for group in dump.groups()]
    return [article for article in found if isinstance(article, Article)]


def jsonl(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def csv_bytes(rows: list[dict[str, object]], sep: str = ",") -> bytes:
    return pd.DataFrame(rows).to_csv(index=False, sep=sep).encode()


def parquet_bytes(rows: list[dict[str, object]]) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(rows).to_parquet(buffer)
    return buffer.getvalue()


def packed(data: bytes, packing: str, inner: str) -> bytes:
    if packing == ".gz":
        return gzip.compress(data)
    if packing == ".bz2":
        return bz2.compress(data)
    if packing == ".zst":
        return zstandard.compress(data)
    if packing == ".zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(inner, data)
        return buffer.getvalue()
    return data


@pytest.mark.parametrize("packing", ["", ".gz", ".bz2", ".zst", ".zip"])
@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv", "parquet"])
def test_every_kind_and_compression_gives_the_same_articles(tmp_path: Path, kind: str, packing: str) -> None:
    data = {
        "jsonl": jsonl,
        "csv": csv_bytes,
        "tsv": lambda rows: csv_bytes(rows, "\t"),
        "parquet": parquet_bytes,
    }[kind](ROWS)
    path = tmp_path / f"wire.{kind}{packing}"
    path.write_bytes(packed(data, packing, f"wire.{kind}"))
    found = articles(load(path, tmp_path))
    assert [article.title for article in found] == ['央行宣布降准,"意外"', "Gold up", "Day only"]
    assert found[0].body == "第一行\n第二行"
    assert {article.source for article in found} == {"wire"}
    assert [article.language for article in found][:1] == ["zh"]
    assert found[2].available_at - found[2].published_at == 86_399_999, (
        "a date without a time: the end of that day"
    )


def test_identity_does_not_depend_on_kind_or_order(tmp_path: Path) -> None:
    (tmp_path / "wire.jsonl").write_bytes(jsonl(ROWS))
    (tmp_path / "wire.csv").write_bytes(csv_bytes(list(reversed(ROWS))))
    one = {(article.id, article.revision) for article in articles(load(tmp_path / "wire.jsonl", tmp_path))}
    two = {(article.id, article.revision) for article in articles(load(tmp_path / "wire.csv", tmp_path))}
    assert one == two


def test_rows_of_one_article_are_merged_and_their_companies_united(tmp_path: Path) -> None:
    rows = [
        {"date": "2016-01-28T10:00:00", "text": "Both rise", "id": "7", "ticker": name}
        for name in ("MSFT", "AAPL", "MSFT")
    ]
    (tmp_path / "t.jsonl").write_bytes(jsonl(rows))
    [group] = load(tmp_path / "t.jsonl", tmp_path).groups()
    article = decode(group.value, "article/1")
    assert isinstance(article, Article)
    assert article.extra["tickers"] == ["AAPL", "MSFT"]
    assert (group.row, group.copies) == (0, (1, 2))


def test_repeated_headlines_at_other_times_are_other_articles(tmp_path: Path) -> None:
    rows = [
        {"date": f"1987-03-0{day}T10:00:00", "title": "FED SETS TWO BILLION DLR CUSTOMER REPURCHASE"}
        for day in (1, 2, 3, 4)
    ]
    (tmp_path / "t.jsonl").write_bytes(jsonl(rows))
    assert len({article.id for article in articles(load(tmp_path / "t.jsonl", tmp_path))}) == 4


def test_what_cannot_be_used_is_dead_and_says_why(tmp_path: Path) -> None:
    lines = [
        b'{"date": "2016-01-28T10:00:00", "title": "", "body": null}',
        b'{"date": "never", "title": "No time"}',
        b'{"date": null, "title": ""}',
        b"{broken",
        b'["a", "list"]',
        b'{"date": "2016-01-28T10:00:00", "title": "T", "body": "' + b"x" * 1_000_000 + b'"}',
        b'{"date": "2016-01-28T10:00:00", "title": "Good\\u0000 \xff one \\ud800"}',
        b'{"date": null, "date_raw": "3-MAR-1987 09:15:05.40", "title": "Saved by date_raw"}',
        b'{"date": null, "date_raw": "31-MAR-1987 605:12:19.12", "title": "Lost"}',
    ]
    (tmp_path / "t.jsonl").write_bytes(b"\n".join(lines))
    dump = load(tmp_path / "t.jsonl", tmp_path)
    reasons = {int(letter.origin.rsplit(":", 1)[1]): str(letter.reason) for letter in dump.dead()}
    assert reasons == {
        0: "no_text",
        1: "no_time",
        2: "no_text",
        3: "bad_json",
        4: "bad_row",
        5: "too_large",
        8: "no_time",
    }
    assert [article.title for article in articles(dump)] == ["Saved by date_raw", "Good \ufffd one \ufffd"]
    assert dump.rows == 9 == dump.dead_count + 2
    assert next(dump.dead()).payload == lines[0], "the original bytes"


def test_impossible_date_is_replaced_and_flagged(tmp_path: Path) -> None:
    rows = [
        {"date": "2016-01-28T10:00:00", "title": "Before"},
        {"date": "2999-01-01T00:00:00", "title": "From the future"},
        {"date": "0201-04-27T00:00:00", "title": "From antiquity"},
    ]
    (tmp_path / "t.jsonl").write_bytes(jsonl(rows))
    found = {article.title: article for article in articles(load(tmp_path / "t.jsonl", tmp_path))}
    for title in ("From the future", "From antiquity"):
        assert found[title].published_at == found["Before"].published_at
        assert found[title].extra["flags"] == ["published_at_replaced"]


def test_midnight_everywhere_means_dates_without_times(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"date": pd.date_range("2016-01-01", periods=30), "title": [f"T{n}" for n in range(30)]}
    )
    frame.to_parquet(tmp_path / "t.parquet")
    for article in articles(load(tmp_path / "t.parquet", tmp_path)):
        assert article.available_at - article.published_at == 86_399_999


def test_gbk_table_is_read_as_chinese(tmp_path: Path) -> None:
    text = "时间,标题\n2016-01-28 10:00:00,央行宣布下调存款准备金率\n"
    (tmp_path / "t.csv").write_bytes(text.encode("gb18030"))
    [article] = articles(load(tmp_path / "t.csv", tmp_path))
    assert article.title == "央行宣布下调存款准备金率"
    assert article.language == "zh"


def test_csv_row_with_too_many_cells_is_dead_and_the_next_is_taken(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("date,title\n2016-01-28 10:00:00,a,b,c\n2016-01-28 10:00:01,Good\n")
    dump = load(tmp_path / "t.csv", tmp_path)
    assert [str(letter.reason) for letter in dump.dead()] == ["bad_row"]
    assert [article.title for article in articles(dump)] == ["Good"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("none.csv", None, "no such file"),
        ("empty.csv", b"", "the file is empty"),
        ("head.csv", b"date,title\n", "holds no rows; columns found: date, title"),
        ("blank.jsonl", b"\n \n", "holds no rows"),
        ("wrong.csv", b"a,b\n1,2\n", "columns found: a, b"),
        ("wrong.jsonl", b'{"a": 1}\n', "columns found: a"),
        ("array.json", b'[{"date": 1}]', "JSON array"),
        ("bad.parquet", b"PAR1 nonsense", "not a parquet file"),
        ("what.xlsx", b"x", "expected .jsonl, .csv, .tsv or .parquet"),
        (
            "cut.jsonl.gz",
            gzip.compress(b'{"date": "2016-01-28", "title": "x"}\n' * 999, mtime=0)[
                :60
            ],  # the same on every xdist worker
            "cannot be read",
        ),
        ("bad.csv.zst", b"nonsense", "cannot be read"),
        ("bad.csv.zip", b"nonsense", "not a zip file|cannot be read"),
    ],
)
def test_unusable_file_is_one_clear_line(tmp_path: Path, name: str, data: bytes | None, message: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    for attempt in (lambda: load(tmp_path / name, tmp_path), lambda: check_dump(tmp_path / name)):
        with pytest.raises(ConfigError, match=message) as caught:
            attempt()
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)


def test_a_usable_dump_passes_the_check_and_told_columns_count(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"when": "2016-01-28", "what": "Rates cut"}\n'))
    check_dump(path, {"published_at": "when", "title": "what"})
    with pytest.raises(ConfigError, match="columns found: when, what"):
        check_dump(path)
    with pytest.raises(ConfigError, match="no column 'headline'"):
        check_dump(path, {"published_at": "when", "title": "headline"})


def test_a_folder_is_no_file_and_its_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is a folder; it holds no \.jsonl"):
        SortedDump(tmp_path, folder=tmp_path)
    for name in ("b.csv.zst", "a.jsonl", "c.parquet", "d.tsv", "notes.txt", ".hidden.csv"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ConfigError, match=r"a\.jsonl, b\.csv\.zst, c\.parquet … \(4 files\)"):
        check_dump(tmp_path)


def test_a_source_that_is_known_to_be_slow_is_visible_later(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{**ROWS[0], "source": "slow"}, {**ROWS[1], "source": "quick"}]
    (tmp_path / "t.jsonl").write_bytes(jsonl(rows))
    found = articles(load(tmp_path / "t.jsonl", tmp_path, delays={"slow": 900_000}))
    assert {article.source: article.available_at - article.published_at for article in found} == {
        "slow": 900_000, "quick": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "first", [b'{"title": "' + b"x" * 3_000_000 + b'"}\n', b"\xfd\xfb\n", b"{broken\n" * 40_000]
)
def test_a_dump_is_known_by_its_first_object_wherever_it_stands(tmp_path: Path, first: bytes) -> None:
    file = tmp_path / "news.jsonl"
    row = b'{"title": "Shares fell", "body": "They fell.", "published_at": "2026-03-02T09:00:00Z"}\n'
    file.write_bytes(first.replace(b'"}', b'", "published_at": "2026-03-02T08:00:00Z"}') + row)
    check_dump(file)


@pytest.mark.parametrize("field", ["title", "body"])
@pytest.mark.parametrize("value", [["list"], {"a": "b"}, True])
def test_a_list_is_no_title(tmp_path: Path, field: str, value: object) -> None:
    rows: list[dict[str, object]] = [{**ROWS[0], field: value}, ROWS[1]]
    (tmp_path / "t.jsonl").write_bytes(jsonl(rows))
    dump = load(tmp_path / "t.jsonl", tmp_path)
    assert len(articles(dump)) == 1
    [letter] = dump.dead()
    assert (letter.reason, letter.detail) == (
        "bad_row",
        f"{field}: expected text, got {type(value).__name__}",
    )


@pytest.mark.parametrize(
    "when", ["0001-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "0000-00-00", "1899-12-31", "2999-01-01"]
)
def test_years_that_cannot_be_are_all_treated_alike(tmp_path: Path, when: str) -> None:
    rows: list[dict[str, object]] = [ROWS[0], {**ROWS[1], "date": when}]
    (tmp_path / "t.jsonl").write_bytes(jsonl(rows))
    dump = load(tmp_path / "t.jsonl", tmp_path)
    assert [article.extra.get("flags") for article in articles(dump)] == [None, ["published_at_replaced"]]
    assert dump.dead_count == 0
