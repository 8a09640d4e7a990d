"""Text comes out as it was meant, whatever header, page and bytes say."""

from pathlib import Path

import pytest

from core.errors import Refused
from core.tabular.encoding import WHOLE_TEXT, detect_encoding
from core.tabular.files import file_format
from ingest.dumps.opening import open_reader
from ingest.sources.feed.parsing import parse_feed
from ingest.text.charset import decode_text, normalize_text, repair_mojibake

ZH = "央行宣布下调金融机构存款准备金率零点五个百分点，释放长期资金约一万亿元。"
SHARED = Path(__file__).resolve().parents[5] / "shared" / "data" / "pages" / "zh_gbk"


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
    assert repair_mojibake(ZH.encode("gb2312", "ignore").decode("cp1252", "ignore"))[:4] == ZH[:4]
    assert repair_mojibake("The Â£5m dealâ€™s off") == "The £5m deal’s off"
    for fine in ("Crédit Agricole à la hausse", "Zürich Straße", ZH, "naïve café – 5 €"):
        assert repair_mojibake(fine) == fine


def test_width_is_evened_but_characters_stay_as_published() -> None:
    assert normalize_text("ＧＤＰ增长６．５％，超出预期。") == "GDP增长6．5%，超出预期。"
    assert normalize_text("臺灣積體電路") == "臺灣積體電路"
    assert normalize_text("non\u00adbreaking\u200b oﬃce") == "nonbreaking office"


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


TEXTS = {
    "big5": "香港金融管理局週一宣佈上調利率，市場普遍預期通脹將進一步回落。",
    "shift_jis": "日銀は金融政策の現状維持を決めた。株価は続落した。トヨタ自動車の業績は好調だ。",
    "euc_jp": "日銀は金融政策の現状維持を決めた。株価は続落した。トヨタ自動車の業績は好調だ。",
    "euc_kr": "한국은행은 목요일 기준금리를 동결했다. 원화는 달러 대비 강세를 보였고 코스피 지수는 하락했다.",
    "gb18030": ZH,
    "cp1250": "Česká národní banka ve čtvrtek zvýšila úrokové sazby, řekl guvernér. Koruna posílila vůči euru.",
    "iso8859_2": "Rada Polityki Pieniężnej podniosła w środę stopy procentowe o ćwierć punktu, złoty umocnił się.",
    "cp1252": "El Banco de España subió el jueves los tipos de interés según el señor García, ¿por qué?",
    "cp1254": "Merkez Bankası perşembe günü faiz oranını yükseltti, Türk lirası değer kazandı.",
    "cp1255": "בנק ישראל העלה ביום חמישי את הריבית בחצי אחוז, והשקל התחזק מול הדולר.",
    "koi8_r": "Центральный банк в четверг повысил ключевую ставку до шестнадцати процентов.",
}


@pytest.mark.parametrize("codec", TEXTS)
@pytest.mark.parametrize("declared", ["", "utf-8", "own"])
def test_feed_is_read_whatever_charset_it_declares(codec: str, declared: str) -> None:
    names = {
        "cp1255": "windows-1255",
        "cp1250": "windows-1250",
        "cp1252": "windows-1252",
        "cp1254": "windows-1254",
    }
    stated = names.get(codec, codec.replace("_", "-")) if declared == "own" else declared
    text = TEXTS[codec]
    encoding = f' encoding="{stated}"' if stated else ""
    feed = (
        f'<?xml version="1.0"{encoding}?><rss version="2.0"><channel><title>x</title><item><title>{text}</title>'
        f"<link>http://x.org/1</link><description>{text * 3}</description></item></channel></rss>"
    )
    [item] = parse_feed(feed.encode(codec), "http://x.org/f", "text/xml")
    assert item.title == text
    assert item.body == text * 3


@pytest.mark.parametrize("declared", ["gb2312", "iso-8859-1", "utf-8", ""])
@pytest.mark.parametrize("codec", ["big5", "shift_jis"])
def test_wrong_declaration_that_decodes_is_not_believed(codec: str, declared: str) -> None:
    text = TEXTS[codec]
    page = f"<html><body>{'<p class=long-markup-without-a-word></p>' * 2000}{text}</body></html>"
    kind = f"text/html; charset={declared}" if declared else "text/html"
    assert text in decode_text(page.encode(codec), kind)[0]


def test_traditional_chinese_in_gbk_stays_what_it_is() -> None:
    for declared in ("text/html; charset=gbk", ""):
        assert decode_text(TEXTS["big5"].encode("gbk"), declared)[0] == TEXTS["big5"]


def test_utf8_with_a_broken_byte_is_utf8_all_the_same() -> None:
    data = (ZH * 3).encode()
    assert decode_text(data[:30] + b"\xff" + data[30:])[1] == "utf-8"
    assert detect_encoding(data[:30] + b"\xff" + data[30:], WHOLE_TEXT) == "utf-8"


@pytest.mark.parametrize("codec", ["gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"])
def test_csv_is_read_in_its_own_charset(tmp_path: Path, codec: str) -> None:
    text = TEXTS[codec]
    path = tmp_path / "in.csv"
    path.write_bytes(f'date,title,body\n2024-03-05,"{text}","{text}"\n'.encode(codec))
    [[(_, values, _)]] = list(open_reader(path, file_format(path), {}).batches())
    assert isinstance(values, tuple)
    assert values[3] == text


@pytest.mark.parametrize(
    "text", ["Crédit Agricole: hausse de 5 %", "Société Générale – “forte hausse”", "Zürich"]
)
def test_latin_csv_is_not_taken_for_east_asian(text: str) -> None:
    assert detect_encoding(f"date,title\n2024-03-05,{text}\n".encode("cp1252"), WHOLE_TEXT) == "utf-8"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32", "utf-7"])
def test_entities_that_expand_are_refused_in_every_encoding(encoding: str) -> None:
    entities = '<!ENTITY a0 "haha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 6))
    bomb = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE r [{entities}]><rss version="2.0"><channel><item>'
        "<title>&a5;</title></item></channel></rss>"
    )
    try:
        items = parse_feed(bomb.encode(encoding), "http://x.org/f", "application/xml")
    except Refused:
        return
    assert encoding == "utf-7", "which nothing here reads"
    assert all(len(item.title) < 100 for item in items)
