"""What readers' texts showed: names inside other words, everyday words, ways of writing tickers and names."""

from pathlib import Path

import pytest

from classifier.entities import lists
from classifier.entities.linker import build, default_linker
from core.errors import ConfigError

WITHIN_WORDS = [
    ("经济增长和就业", set()),
    ("董事长和总经理辞职", set()),
    ("公司于3月8日立案调查", set()),
    ("日立宣布裁员", {"JP:6501"}),
    ("新基金发行升温", set()),
    ("蓝思科技中标", set()),
    ("思科裁员5%", {"US:CSCO"}),
    ("九强生物股价大涨", set()),
    ("强生召回爽身粉", {"US:JNJ"}),
    ("微博通报处罚", set()),
    ("金融创新提速", set()),
    ("化工行业景气回升", set()),
    ("快乐购重组", set()),
    ("苏宁环球业绩预告", set()),
    ("中国银行业监管", set()),
    ("中国银行净利增长", {"HK:03988"}),
    ("腾讯音乐财报", {"US:TME"}),
    ("阿里健康跌5%", {"HK:00241"}),
    ("@平安北京 通报", set()),
    ("据东方财富网报道", set()),
    ("南京东路人流增加", set()),
    ("大力拓展海外市场", set()),
    ("航空客运恢复", set()),
    ("基建行业升温", set()),
    ("数万科研人员", set()),
    ("中国移动互联网发展", set()),
    ("美国钢铁关税上调", set()),
    ("五星级和三星级酒店", set()),
    ("西藏阿里地区地震", set()),
]
WORDS = [
    ("Startup Raises $3.3M in Seed Funding", set()),
    ("3M LIBOR falls", set()),
    ("3M shares fall", {"US:MMM"}),
    ("Apple up 3%", {"US:AAPL"}),
    ("Apple hits record high", {"US:AAPL"}),
    ("Apple faces EU fine", {"US:AAPL"}),
    ("Elliott denies Apple bid", {"US:AAPL"}),
    ("Target cuts profit forecast", {"US:TGT"}),
    ("Walmart raises outlook, Target cuts", {"US:WMT", "US:TGT"}),
    ("Target data breach", {"US:TGT"}),
    ("Visa tops estimates", {"US:V"}),
    ("Delta cancels flights", {"US:DAL"}),
    ("苹果被欧盟罚款", {"US:AAPL"}),
    ("苹果起诉三星", {"US:AAPL", "KR:005930"}),
    ("Brazil fines Amazon over ads", {"US:AMZN"}),
    ("Big Apple hotels raise prices, shares up", set()),
    ("Takeover Target shares jump", set()),
    ("烟台苹果销量大涨", set()),
    ("航班平安降落，公司股价大涨", set()),
    ("MEDIA GENERAL UPS DIVIDEND", set()),
    ("UPS raises prices", {"US:UPS"}),
    ("GAIN ON START-UPS", set()),
    ("AMEX: listing approved", set()),
    ("US steel imports rise", set()),
    ("US steel tariffs", set()),
    ("People's Bank of China cuts rates", set()),
    ("GM crops approved in India", set()),
    ("Royal Berkshire hospital", set()),
    ("Paris Hilton arrested", set()),
    ("BP Singh appointed chairman", set()),
    ("Yahoo Finance: markets fall", set()),
    ("GE Shipping posts profit", set()),
    ("BILZERIAN UPS PAY 'N PAK STAKE", set()),
    ("美好时光，公司股价大涨", set()),
    ("Pershing Square Holdings shares rise", set()),
    ("Snap-On beats, shares rise", set()),
    ("H&R Block shares rise", set()),
    ("Stocks Zoom as investors cheer", set()),
    ("Block shares rise", {"US:SQ"}),
    ("Block trade in shares", set()),
    ("Progressive lawmakers attack bank profits", set()),
    ("Air travelers face delays, airlines say; profits up", set()),
    ("格力：净利增长", {"CN:000651"}),
    ("强势的美的冰箱公司", set()),
    ("Delta Apparel shares fall", set()),
]
WRITING = [
    ("McDonald’s profit rises", {"US:MCD"}),
    ("Lowe’s and Macy’s report", {"US:LOW", "US:M"}),
    ("L’Oréal sales grow", {"FR:OR"}),
    ("AT&amp;T cuts jobs", {"US:T"}),
    ("Tes\u200bla recalls cars", {"US:TSLA"}),
    ("ＩＢＭ shares fall", {"US:IBM"}),
    ("tesla shares crash", {"US:TSLA"}),
    ("apple shares hit record", {"US:AAPL"}),
    ("intel slumps 20%", {"US:INTC"}),
    ("I bought tesla calls and microsoft puts. LOL", {"US:TSLA", "US:MSFT"}),
    ("Moody's cuts Turkey's rating", {"US:MCO"}),
    ("穆迪下调评级", {"US:MCO"}),
    ("State Street cuts jobs", {"US:STT"}),
    ("SAP raises outlook", {"DE:SAP"}),
    ("HP cuts jobs", {"US:HPQ"}),
    ("Philips recalls ventilators", {"NL:PHIA"}),
    ("Didi delists", {"US:DIDI"}),
    ("RIL shares gain", {"IN:RELIANCE"}),
    ("Zoom shares fall on outlook", {"US:ZM"}),
    ("Snap election called", set()),
    ("Stocks in Times Square cheer", set()),
]
FORMS = [
    ("Alphabet (NASDAQ: GOOG, GOOGL) beats", {"US:GOOG", "US:GOOGL"}),
    ("TSLA.US up", {"US:TSLA"}),
    ("贝壳（BEKE.US）涨", {"US:BEKE"}),
    ("600519.sh 涨停", {"CN:600519"}),
    ("0700.hk rises", {"HK:00700"}),
    ("某公司（股票代码：600519）", {"CN:600519"}),
    ("（证券代码：000858）公告", {"CN:000858"}),
    ("（600519，SH）公告", {"CN:600519"}),
    ("Moutai (SSE: 600519)", {"CN:600519"}),
    ("Wuliangye (SHE:000858)", {"CN:000858"}),
    ("600519SH 涨停", {"CN:600519"}),
    ("600519．SH 涨停", {"CN:600519"}),
    ("某公司（ 600519 ）涨停", {"CN:600519"}),
    ("2330.TW slides", {"TW:2330"}),
    ("RELIANCE.NS gains", {"IN:RELIANCE"}),
    ("SAP.DE falls", {"DE:SAP"}),
    ("Acme (TSXV: ABC) drills", {"CA:ABC"}),
    ("AAPL:US rises", {"US:AAPL"}),
    ("Acme (HKEX: 700) rises", {"HK:00700"}),
    ("$GOOG.L moves", {"UK:GOOG"}),
    ("收益率(600000)元", set()),
    ("共(688888)人参加", set()),
    ("OTC: FDA approves drug", set()),
    ("NASDAQ: UP 3%", set()),
    ("NYSE: IPO of the year", set()),
    ("Text <P>paragraph</P>", set()),
]


@pytest.mark.parametrize(("text", "wanted"), WITHIN_WORDS + WORDS + WRITING + FORMS)
def test_the_table(text: str, wanted: set[str]) -> None:
    assert {f.entity for f in build().find(text)} == wanted


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Public lists in small, in their own forms."""
    (tmp_path / "sec.csv").write_text(
        "cik_str,ticker,title\n1,BRK-B,BERKSHIRE HATHAWAY INC\n2,TX,Ternium S.A.\n3,BANR,BANNER CORP\n"
        '4,HTHIY,HITACHI LTD\n5,FNKO,"Funko, Inc."\n6,NDAQ,"NASDAQ, INC."\n7,FFIN,First Financial Corp\n'
    )
    (tmp_path / "nse.csv").write_text(
        'Symbol,Entity\nALEMBIC PHARMACEUTICALS,"Alembic Pharmaceuticals Ltd., Alembic Pharma"\n'
        'SIEMENS,"Siemens Ltd., Siemens, SIEMENS"\nNHPC,"NHPC Ltd., NHPC"\nPHARMA,"pharma stocks, PHARMA"\n'
        'UNITY,"Unity Infraprojects Ltd., Unity Infraprojects, UNITY"\n'
    )
    (tmp_path / "a.csv").write_text(
        "code,name,name_2018\n000002,万  科Ａ,万 科Ａ\n000528,柳  工,柳工\n300024,机器人,机器人\n"
        "600321,正源股份,国栋建设\n300433,蓝思科技,蓝思科技\n688235,国栋建设,\n"
    )
    return tmp_path


CASES = [
    ("Siemens and Hitachi cut jobs", {"DE:SIE", "JP:6501"}),
    ("Texaco Inc said", {"US:TX"}),
    ("Berkshire Hathaway buys", {"US:BRK.B"}),
    ("First Financial shares fall", {"US:FFIN"}),
    ("a banner year for First Financial advisers", set()),
    ("Banner Corp posts profit", {"US:BANR"}),
    ("Funko slides after cut", {"US:FNKO"}),
    ("stocks on the Nasdaq fall", set()),
    ("Dealers bought Funko (FNKO) stock", {"US:FNKO"}),
    ("NHPC posts profit", {"IN:NHPC"}),
    ("pharma stocks rally; unity of purpose, Unity in profit", set()),
    ("万科A、柳工：业绩大增", {"CN:000002", "CN:000528"}),
    ("万  科Ａ：预增", {"CN:000002"}),
    ("机器人：净利增长", {"CN:300024"}),
    ("工业机器人产量增长，公司股价上涨", set()),
    ("*ST正源：股东增持", {"CN:600321"}),
    ("国栋建设公告", {"CN:688235"}),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_big_lists_add_companies_and_make_none_worse(folder: Path, text: str, wanted: set[str]) -> None:
    linker = build(tuple(folder / name for name in ("sec.csv", "nse.csv", "a.csv")))
    assert {f.entity for f in linker.find(text)} == wanted


def test_the_ids_of_lists_can_be_read_back(folder: Path, tmp_path: Path) -> None:
    from classifier.cli import entities_import

    out = tmp_path / "all.yaml"
    entities_import([folder / "sec.csv", folder / "nse.csv", folder / "a.csv"], out)
    assert {f.entity for f in build((out,)).find("Siemens; Alembic Pharma; *ST正源：增持")} == {
        "DE:SIE", "IN:ALEMBICPHARMACEUTICALS", "CN:600321",
    }  # fmt: skip


def test_lists_named_go_before_those_at_hand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    kept = tmp_path / "kept" / "entities.yaml"
    monkeypatch.setattr(lists, "imported", lambda: kept)
    monkeypatch.setattr(lists, "beside", lambda: folder)
    monkeypatch.setattr(lists, "_BESIDE", ("sec.csv", "missing.csv"))
    monkeypatch.setenv("NEWSQUAKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(lists.VARIABLE)
    assert lists.chosen().public == (folder / "sec.csv",)
    assert " built in, 5 of " in default_linker().origin  # Berkshire is, and TX is another company's
    assert list((tmp_path / "cache").glob("companies-*.json"))
    assert lists.companies(lists.chosen()) == lists.companies(lists.chosen())
    own = tmp_path / "own.yaml"
    own.write_text("X:acme: [Acme Robotics]\n")
    assert lists.chosen((own,)) == lists.Lists((own,), (folder / "sec.csv",), lists.chosen().where)
    assert lists.chosen((own, Path("none"))) == lists.Lists((own,))
    assert lists.chosen((folder / "a.csv",)).public == (folder / "a.csv",)
    kept.parent.mkdir()
    kept.write_text("")
    assert lists.chosen().public == (kept,)
    monkeypatch.setenv(lists.VARIABLE, "none")
    assert lists.chosen() == lists.Lists()


def test_a_damaged_cache_is_read_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> None:
    monkeypatch.setenv("NEWSQUAKE_CACHE", str(tmp_path / "cache"))
    of = lists.chosen((folder / "sec.csv",))
    before = lists.companies(of)
    (kept,) = (tmp_path / "cache").glob("companies-*.json")
    kept.write_text("[[[")
    assert lists.companies(of) == before


def test_a_missing_list_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.csv"):
        default_linker((Path("nowhere.csv"),))


def test_none_is_a_word_also_where_a_folder_has_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "built in (more" in default_linker((Path("none"),)).origin
