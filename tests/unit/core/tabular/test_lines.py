"""Lines out of bytes: of bounded length, and with what cannot be decoded kept in sight."""

from __future__ import annotations

import io

from core.tabular.lines import bounded_lines, text_lines, undecoded


def test_a_head_that_was_read_already_is_part_of_the_lines() -> None:
    assert list(text_lines(b"on", io.BytesIO(b"e\ntwo\n"))) == ["one\n", "two\n"]


def test_a_carriage_return_ends_lines_only_where_there_is_no_line_feed() -> None:
    assert list(text_lines(b"a\rb\r", io.BytesIO())) == ["a\r", "b\r"]
    assert list(text_lines(b"a\rb\n", io.BytesIO())) == ["a\rb\n"]


def test_bytes_that_are_not_utf8_are_kept_and_found() -> None:
    found = list(text_lines("é\né\né\n".encode() + b"\xff\n", io.BytesIO()))
    assert [undecoded(line) for line in found] == [False, False, False, True]


def test_what_a_line_has_beyond_the_limit_is_passed_over() -> None:
    stream = io.BytesIO(b"short\n" + b"x" * 25 + b"\nend")
    assert list(bounded_lines(stream.readline, 10)) == [
        (b"short\n", False),
        (b"x" * 10, True),
        (b"end", False),
    ]
