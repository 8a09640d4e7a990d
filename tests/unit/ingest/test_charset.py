"""Text comes out as it was meant, whatever header, page and bytes say."""

from pathlib import Path

import pytest

from ingest.charset import decode_text, mend, tidy

ZH = "央行宣布下调金融机构存款准备金率零点五个百分点，释放长期资金约一万亿元。"
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "pages" / "zh_gbk"


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        (ZH, "gb18030", "text/html; charset=gb2312"),
        (ZH, "gb18030", "text/html; charset=gbk"),
        (ZH, "gb18030", "text/html; charset=utf-8"),
        (ZH, "gb18030", "text/html; charset=iso-8859-1"),
        (ZH, "gb18030", ""),
        (ZH, "utf-8", "text/html; charset=gbk"),
        (ZH, "utf-8", "text/html; charset=iso-8859-1"),
        (ZH, "utf-8-sig", ""),
        (ZH, "utf-16", ""),
        (ZH, "utf-16-le", ""),
        ("臺灣央行宣布調升存款準備率，銀行股普遍上漲", "big5", "text/html; charset=big5"),
        ("日銀は金融政策の現状維持を決めた。株価は続落した。", "shift_jis", "text/html; charset=shift_jis"),
        ("日銀は金融政策の現状維持を決めた", "euc_jp", "text/html; charset=euc-jp"),
        (
            "Crédit Agricole: résultat en hausse de 5 % – très solide",
            "cp1252",
            "text/html; charset=iso-8859-1",
        ),
        ("Сбербанк объявил о дивидендах за прошлый год", "cp1251", "text/html; charset=windows-1251"),
        ("Fed raises rates", "ascii", ""),
    ],
)
def test_charset_is_found(text: str, codec: str, declared: str) -> None:
    found, _ = decode_text(text.encode(codec), declared)
    assert found.removeprefix("\ufeff") == text


def test_page_that_declares_its_charset_itself() -> None:
    page = f'<html><head><meta charset="gb2312"></head><body>{ZH}</body></html>'
    assert ZH in decode_text(page.encode("gb18030"), "text/html")[0]
    xml = f'<?xml version="1.0" encoding="GBK"?><rss>{ZH}</rss>'
    assert ZH in decode_text(xml.encode("gb18030"))[0]


def test_a_broken_byte_costs_one_character() -> None:
    data = ZH.encode("gb18030") * 20
    broken = data[:101] + b"\xff" + data[102:]
    text, name = decode_text(broken, "text/html; charset=gbk")
    assert name == "gb18030"
    assert 0 < text.count("\ufffd") <= 3


@pytest.mark.parametrize(
    "data", [b"", b"\xff", bytes(range(256)), b"\x00" * 50, "\ud800".encode("utf-8", "surrogatepass")]
)
def test_anything_gives_some_text(data: bytes) -> None:
    text, _ = decode_text(data, "text/html; charset=no-such-charset")
    text.encode()


def test_mojibake_is_mended_where_certain_and_left_where_not() -> None:
    assert mend(ZH.encode("gb2312", "ignore").decode("cp1252", "ignore"))[:4] == ZH[:4]
    assert mend("The Â£5m dealâ€™s off") == "The £5m deal’s off"
    for fine in ("Crédit Agricole à la hausse", "Zürich Straße", ZH, "naïve café – 5 €"):
        assert mend(fine) == fine


def test_width_is_evened_but_characters_stay_as_published() -> None:
    assert tidy("ＧＤＰ增长６．５％，超出预期。") == "GDP增长6．5%，超出预期。"
    assert tidy("臺灣積體電路") == "臺灣積體電路"
    assert tidy("non\u00adbreaking\u200b oﬃce") == "nonbreaking office"


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/pages/zh_gbk is not there")
def test_real_gbk_pages_are_read_without_a_broken_character() -> None:
    for file in sorted(SHARED.glob("*.http")):
        head, _, body = file.read_bytes().partition(b"\r\n\r\n")
        kind = next(
            line for line in head.decode("latin-1").splitlines() if line.lower().startswith("content-type")
        )
        text, name = decode_text(body, kind.partition(":")[2])
        assert (name, text.count("\ufffd")) == ("gb18030", 0), file.name
