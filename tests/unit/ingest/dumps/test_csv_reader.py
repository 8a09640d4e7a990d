"""A quote that is never closed costs its own row, and says so; the rows behind it are there."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from core.tabular.files import file_format
from ingest.dumps.opening import open_reader
from ingest.dumps.reader import RowFault

ROWS = [(f"2026-03-02T09:{n:02d}:00Z", f"Headline {n}", f"Body, with a comma, of {n}") for n in range(20)]
BROKEN = '2026-03-02T09:30:00Z,"Headline that is never closed,and its body\n'


def named_columns(rows: list[tuple[Any, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def read(tmp_path: Path, text: str, name: str = "n.csv") -> tuple[list[str], list[tuple[str, bytes]]]:
    """(titles of the rows, details and bytes of the broken ones)."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    titles, faults = [], []
    for batch in open_reader(path, file_format(path), {}).batches():
        for _, row, raw in batch:
            if isinstance(row, RowFault):
                faults.append((row.detail, raw or b""))
            else:
                titles.append(row[3])
    return titles, faults


HEAD = "date,title,body\n"
TITLES = [title for _, title, _ in ROWS]


@pytest.mark.parametrize("behind", [0, 1, 2, 3, 10])
def test_an_unclosed_quote_costs_its_own_row_only(tmp_path: Path, behind: int) -> None:
    plain = [(when, title, "no quote at all") for when, title, _ in ROWS]
    titles, faults = read(
        tmp_path, HEAD + named_columns(plain[:5]) + BROKEN + named_columns(plain[5 : 5 + behind])
    )
    assert titles == TITLES[: 5 + behind]
    [(detail, raw)] = faults
    assert "a quote opened in line 7" in detail
    assert raw == BROKEN.encode()


def test_rows_behind_it_that_have_quotes_of_their_own_survive_too(tmp_path: Path) -> None:
    titles, faults = read(tmp_path, HEAD + named_columns(ROWS[:5]) + BROKEN + named_columns(ROWS[5:]))
    assert titles == TITLES
    assert len(faults) == 1
    assert "line 7 is not closed before the next row, line 8" in faults[0][0]


def test_two_unclosed_quotes_that_look_like_one_field_are_two(tmp_path: Path) -> None:
    plain = [(when, title, "plain") for when, title, _ in ROWS]
    text = (
        HEAD
        + named_columns(plain[:3])
        + BROKEN
        + named_columns(plain[3:6])
        + BROKEN
        + named_columns(plain[6:])
    )
    titles, faults = read(tmp_path, text)
    assert titles == TITLES
    assert len(faults) == 2


def test_bodies_of_many_lines_stay_whole(tmp_path: Path) -> None:
    body = 'First line, with "quotes"\n\n2026-03-02 was a day\nOne, two, three\r\nlast'
    rows = [(when, title, body) for when, title, _ in ROWS]
    path = tmp_path / "n.csv"
    path.write_text(HEAD + named_columns(rows), newline="")
    found = [row for batch in open_reader(path, file_format(path), {}).batches() for _, row, _ in batch]
    assert [row[4] for row in found if not isinstance(row, RowFault)] == [body] * len(rows)


def test_an_unclosed_quote_at_the_end_says_how_much_hangs_on_it(tmp_path: Path) -> None:
    titles, faults = read(
        tmp_path, HEAD + named_columns(ROWS[:5]) + BROKEN + "lines that\nare no rows\nat all\n"
    )
    assert titles == TITLES[:5]
    [(detail, _)] = faults
    assert detail == "a quote opened in line 7 is never closed: 3 more lines to line 10 hang on it"


def test_a_stray_quote_within_a_row_changes_nothing(tmp_path: Path) -> None:
    text = 'date,title\n2026-03-02T09:00:00Z,A 5" pipe\n2026-03-02T09:01:00Z,"He said "no" twice"\n'
    titles, faults = read(tmp_path, text)
    assert titles == ['A 5" pipe', 'He said no" twice"']
    assert not faults


def test_tab_separated_tweets_that_begin_with_a_quote(tmp_path: Path) -> None:
    lines = "".join(f'2026-03-02T09:{n:02d}:00Z\t"Tweet {n}\n' for n in range(10))
    titles, faults = read(tmp_path, "date\ttext\n" + lines, "n.tsv")
    assert len(titles) + len(faults) == 10


def test_a_damaged_file_costs_no_more_than_a_sound_one(tmp_path: Path) -> None:
    """Each line is read again once at most: an unclosed quote in every row does not multiply the work."""
    text = HEAD + "".join(f'2026-03-02T09:00:00Z,"Headline {n},body\n' for n in range(20_000))
    titles, faults = read(tmp_path, text)
    assert len(titles) + len(faults) == 20_000
