"""Encodings by their first bytes: marks are certain, the rest is for the reader's rule."""

from __future__ import annotations

import pytest

from core.tabular.encoding import BY_LINES, WHOLE_TEXT, EncodingRule, detect_encoding

ZH = "央行宣布下调金融机构存款准备金率零点五个百分点，释放长期资金约一万亿元。\n"
JA = "日銀は金融政策の現状維持を決めた。株価は続落した。円相場は下げた。\n"
FR = "Crédit Agricole: résultat en hausse – très solide, and more of it in English to read\n"


@pytest.mark.parametrize("rule", [WHOLE_TEXT, BY_LINES], ids=["whole text", "by lines"])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ZH.encode(), "utf-8"),
        (b"plain", "utf-8"),
        (b"", "utf-8"),
        (ZH.encode("utf-8-sig"), "utf-8-sig"),
        (ZH.encode("utf-16"), "utf-16"),
        (ZH.encode("utf-32"), "utf-32"),
        ("a,b\n".encode("utf-16-le"), "utf-16-le"),
        ("a,b\n".encode("utf-16-be"), "utf-16-be"),
        (ZH.encode("gb18030"), "gb18030"),
        ("臺灣央行宣布調升存款準備率，銀行股普遍上漲\n".encode("big5"), "big5hkscs"),
    ],
)
def test_both_rules_agree_where_it_is_certain(rule: EncodingRule, data: bytes, expected: str) -> None:
    assert detect_encoding(data, rule) == expected


def test_rules_differ_in_what_they_ask_for() -> None:
    assert detect_encoding(JA.encode("cp932"), WHOLE_TEXT) == "cp932"
    assert detect_encoding(FR.encode("cp1252"), WHOLE_TEXT) == "utf-8", "its broken bytes are replaced"
    assert detect_encoding(FR.encode("cp1252"), BY_LINES) == "cp1252"
    mixed = (ZH.encode() * 3) + ZH.encode("gb18030")
    assert detect_encoding(mixed, BY_LINES) == "utf-8", "one line of four is broken"
