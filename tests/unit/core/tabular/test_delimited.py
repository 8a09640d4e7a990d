"""A quote that is never closed costs its own record; what follows it is read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from core.tabular.delimited import BrokenRecord, DelimitedRecords, RepairRule, RowsInsideRule, StrictRule


def read(text: str, rule: RepairRule) -> list[list[str] | BrokenRecord]:
    lines: Iterator[str] = iter(text.splitlines(keepends=True))
    return list(DelimitedRecords(lines, ",", rule))


def starts_with_a_digit(cells: Sequence[str]) -> bool:
    return cells[0].isdigit()


RULES = [StrictRule(",", 5_000), RowsInsideRule(",", 2, starts_with_a_digit)]


@pytest.mark.parametrize("rule", RULES, ids=["strict", "rows inside"])
def test_sound_records_come_as_the_csv_module_reads_them(rule: RepairRule) -> None:
    text = '1,one\n2,"over\ntwo lines"\n\n3,"a ""quoted"" word"\n'
    assert read(text, rule) == [["1", "one"], ["2", "over\ntwo lines"], [], ["3", 'a "quoted" word']]


@pytest.mark.parametrize("rule", RULES, ids=["strict", "rows inside"])
def test_an_open_quote_costs_its_own_line(rule: RepairRule) -> None:
    text = '1,one\n2,"open\n3,three\n4,four\n5,five\n6,six\n'
    first, broken, *others = read(text, rule)
    assert first == ["1", "one"]
    assert broken == BrokenRecord(('2,"open\n',), 2)
    assert others == [["3", "three"], ["4", "four"], ["5", "five"], ["6", "six"]]


def test_a_record_that_the_files_end_cuts_off_is_broken_where_no_row_stands_in_it() -> None:
    [_, broken] = read('1,one\n2,"open\nno row\n', RowsInsideRule(",", 2, starts_with_a_digit))
    assert broken == BrokenRecord(('2,"open\n', "no row\n"), 2, ended=True)


def test_no_more_than_so_many_lines_are_held_for_one_record() -> None:
    read_ahead: list[str] = []

    def lines() -> Iterator[str]:
        for number in range(100):
            read_ahead.append(str(number))
            yield f'{number},"open\n' if number == 0 else f"{number},x\n"

    records = iter(DelimitedRecords(lines(), ",", StrictRule(",", 10)))
    assert isinstance(next(records), BrokenRecord)
    assert len(read_ahead) == 10
    assert [cells[0] for cells in records if isinstance(cells, list)] == [str(n) for n in range(1, 100)]


def test_the_number_of_the_last_line_read_is_known() -> None:
    records = DelimitedRecords(iter(["1,a\n", '2,"b\n', 'c"\n']), ",", RULES[0])
    assert [records.line for _ in records] == [1, 3]
