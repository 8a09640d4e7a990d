"""Text that is safe to carry."""

from __future__ import annotations

from ingest.text.clean import clean


def test_clean_text_has_no_controls_and_is_valid() -> None:
    assert clean("a\x00b\x07\tc\r\nd\x7f") == "ab\tc\r\nd"
    assert clean("x\ud83d\ude00y") == "x😀y"
    assert clean("x\ud83dy") == "x\ufffdy"
    assert clean(float("nan")) == ""
    assert clean(None) == ""
    assert clean(12) == "12"
