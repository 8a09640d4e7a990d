"""Which companies a text names: the table of forms, names and everyday words."""

from pathlib import Path

import pytest

from classifier.entities import catalogue
from classifier.entities.fold import folded
from classifier.entities.forms import explicit_tickers
from classifier.entities.linker import MOST, Linker, build, default_linker, relevance
from core.errors import ConfigError

FORMS = [
    ("$AAPL red to green", {"US:AAPL"}),
    ("$BRK.B at a record", {"US:BRK.B"}),
    ("Results from the lender (NYSE: JPM) beat", {"US:JPM"}),
    ("Zoom Video (Nasdaq:ZM) falls", {"US:ZM"}),
    ("600519.SH 涨停", {"CN:600519"}),
    ("驰宏锌锗（600497）公告", {"CN:600497"}),
    ("某公司(000002.SZ)回购", {"CN:000002"}),
    ("腾讯(00700.HK)：回购", {"HK:00700"}),
    ("小公司（01234）停牌", {"HK:01234"}),
    ("SABINE ROYALTY TRUST <SBR> SETS PAYOUT", {"US:SBR"}),
    ("SCEPTRE RESOURCES <SRL.TO> YEAR", {"CA:SRL"}),
    ("Uponor ( OMX Helsinki : UNR1V ) said", {"FI:UNR1V"}),
    ("costs $100 million", set()),
    ("$BTC and $ETH slide", set()),
    ("电话 13912345678", set()),
    ("订单号(123456)", set()),
]
NAMES = [
    ("Goldman Sachs cuts JPMorgan Chase", {"US:GS", "US:JPM"}),
    ("IBM AND GM SEEN HIGHER", {"US:IBM", "US:GM"}),
    ("bank of america raises its forecast", {"US:BAC"}),
    ("Bank of America", {"US:BAC"}),
    ("Bank of Americas", set()),
    ("the bank of america", {"US:BAC"}),
    ("阿里巴巴上涨，美团下跌", {"HK:09988", "HK:03690"}),
    ("贵州茅台提价", {"CN:600519"}),
    ("中国平安拟回购，平安银行上涨", {"CN:601318", "CN:000001"}),
    ("ge healthcare aging", set()),
]
EVERYDAY = [
    ("Apple shares fall after iPhone sales miss", {"US:AAPL"}),
    ("Apple to invest $1 billion in Texas", {"US:AAPL"}),
    ("Apple pie recipes for autumn", set()),
    ("Apple growers see a smaller harvest", set()),
    ("an apple a day", set()),
    ("苹果发布新手机", {"US:AAPL"}),
    ("苹果期货主力合约大涨", set()),
    ("陕西苹果产区果农增收", set()),
    ("Target raises guidance, shares jump", {"US:TGT"}),
    ("Price target raised to $200", set()),
    ("We target growth of 5%", set()),
    ("Inflation Target of the ECB", set()),
    ("Analyst lifts price target on Target Corp", {"US:TGT"}),
    ("平安股价创新高", {"CN:601318"}),
    ("祝大家平安健康", set()),
    ("一路平安", set()),
    ("平安夜消费数据", set()),
    ("Amazon rainforest fires spread", set()),
    ("Amazon earnings beat, stock up", {"US:AMZN"}),
    ("Delta variant hits travel stocks", set()),
    ("Delta shares rise on bookings", {"US:DAL"}),
    ("Visa rules for students tightened", set()),
    ("Visa earnings beat forecasts", {"US:V"}),
    ("Futures Gap up in early trading, stocks rally", set()),
    ("小米集团营收增长", {"HK:01810"}),
    ("小米粥养胃", set()),
    ("Fed hikes 25 bp", set()),
]
SCEPTIC = [
    # fruit, verb, greeting, document, noun, person, wall, grain; neighbours; other notations
    ("Apple harvest hits record in Washington state", set()),
    ("Apple prices rise as frost hits orchards", set()),
    ("Apple fell 3% in New York trading", {"US:AAPL"}),
    ("Apple, Microsoft lead Nasdaq lower", {"US:AAPL", "US:MSFT"}),
    ("Apple", set()),
    ("Apple's new headset disappoints", {"US:AAPL"}),
    ("Apples and oranges: comparing fund fees", set()),
    ("Apple Hospitality REIT declares dividend", set()),
    ("Target to hire 100,000 workers", {"US:TGT"}),
    ("Target shares slump after earnings miss", {"US:TGT"}),
    ("Target: Walmart rival cuts forecast", {"US:TGT", "US:WMT"}),
    ("Fed on Target for a rate cut in June", set()),
    ("Lawmakers Target Big Tech in new bill", set()),
    ("Hackers target banks", set()),
    ("Regulators Target Google over ads", {"US:GOOGL"}),
    ("Morgan Stanley raises Tesla price target to $400", {"US:MS", "US:TSLA"}),
    ("Intel report says Russia planned attack", set()),
    ("U.S. intel officials warn of cyber attack", set()),
    ("Intel reports record quarter", {"US:INTC"}),
    ("US Intel chips face export curbs", {"US:INTC"}),
    ("台積電第三季營收創新高", {"TW:2330"}),
    ("騰訊股價大跌，阿里巴巴反彈", {"HK:00700", "HK:09988"}),
    ("蘋果股價跌破200美元", {"US:AAPL"}),
    ("蘋果價格上漲，果農惜售", set()),
    ("祝您平安，身体健康", set()),
    ("新年快乐，平安吉祥", set()),
    ("平安保险三季报净利大增", {"CN:601318"}),
    ("中国平安：前三季度净利润同比下降", {"CN:601318"}),
    ("平安银行净息差收窄", {"CN:000001"}),
    ("平安落地，航班延误", set()),
    ("高考平安有序，股民关注大盘上涨", set()),
    ("Visa application backlog grows at US consulates", set()),
    ("Visa delays hit tech firms", set()),
    ("Visa profit tops estimates on cross-border spending", {"US:V"}),
    ("H-1B visa fee raised to $100,000", set()),
    ("Visa, Mastercard settle with merchants", {"US:MA", "US:V"}),
    ("Visa-free travel boosts airline stocks", set()),
    ("US tightens Visa policy for Chinese students; airlines shares fall", set()),
    ("Gap Inc. beats estimates", {"US:GPS"}),
    ("Gap shares surge on Old Navy sales", {"US:GPS"}),
    ("Gap between rich and poor widens", set()),
    ("Gap stores to close in China", {"US:GPS"}),
    ("Stocks gap higher at the open", set()),
    ("Pay Gap at big firms narrows, analysts say", set()),
    ("Ford recalls 500,000 trucks", {"US:F"}),
    ("Gerald Ford stamp unveiled", set()),
    ("President Ford signed the bill; shares rose", set()),
    ("Doug Ford announces tax cut in Ontario", set()),
    ("Ford and GM cut jobs", {"US:F", "US:GM"}),
    ("Ford Foundation grants $10 million to launch fund", set()),
    ("Tom Ford sold to Estee Lauder", {"US:EL"}),
    ("Christine Blasey Ford testifies", set()),
    ("福特汽车召回皮卡", {"US:F"}),
    ("长城脚下的旅游热", set()),
    ("游客登上长城，五一旅游收入增长", set()),
    ("长城汽车一季度销量增长", {"CN:601633"}),
    ("万里长城永不倒", set()),
    ("长城证券获批", set()),
    ("八达岭长城门票上涨", set()),
    ("小米期价上涨", set()),
    ("小米发布SU7汽车", {"HK:01810"}),
    ("小米和玉米价格走低", set()),
    ("小米股价大涨", {"HK:01810"}),
    ("东北小米产量增长", set()),
    ("小米、大米、绿豆批发价上涨", set()),
    ("小米手机出货量第三", {"HK:01810"}),
    ("苹果价格上涨，果农惜售", set()),
    ("苹果股价跌破200美元", {"US:AAPL"}),
    ("苹果、香蕉等水果价格上涨", set()),
    ("苹果推迟发布AI功能", {"US:AAPL"}),
    ("苹果主产区套袋量减少，期价涨停", set()),
    ("iPhone销量下滑，苹果供应链承压", {"US:AAPL"}),
    ("烟台苹果丰收", set()),
    ("红富士苹果批发价跌", set()),
    ("Shell companies under scrutiny", set()),
    ("Shell profit doubles on gas prices", {"US:SHEL"}),
    ("Meta-analysis finds no link", set()),
    ("Meta lays off 10,000", {"US:META"}),
    ("Amazon deforestation falls 20%", set()),
    ("Amazon union vote fails", {"US:AMZN"}),
    ("亚马逊雨林大火", set()),
    ("亚马逊云业务增长", {"US:AMZN"}),
    ("Caterpillar raises outlook", {"US:CAT"}),
    ("Delta beats forecasts", {"US:DAL"}),
    ("Oracle soars on AI demand, shares up", {"US:ORCL"}),
    ("AAPL beats", {"US:AAPL"}),
    ("AAPL: buy the dip?", {"US:AAPL"}),
    ("NYSE:JPM", {"US:JPM"}),
    ("(NASDAQ:TSLA)", {"US:TSLA"}),
    ("JPM.N falls", {"US:JPM"}),
    ("TSLA.O up 2%", {"US:TSLA"}),
    ("0700.HK rises", {"HK:00700"}),
    ("700 HK", set()),
    ("SH600519涨", {"CN:600519"}),
    ("sz000001", {"CN:000001"}),
    ("600519.SS", {"CN:600519"}),
    ("[600519]", {"CN:600519"}),
    ("贵州茅台(SH:600519)", {"CN:600519"}),
    ("（00700）", {"HK:00700"}),
    ("(0700.HK)", {"HK:00700"}),
    ("$tsla to the moon", {"US:TSLA"}),
    ("$TSLA, $AAPL", {"US:AAPL", "US:TSLA"}),
    ("$BRK-B", {"US:BRK.B"}),
    ("BRK/B", set()),
    ("AAPL US Equity", {"US:AAPL"}),
    ("BP.L gains", {"UK:BP"}),
    ("(LON:BP)", {"UK:BP"}),
    ("$TSLA.", {"US:TSLA"}),
    ("600519", set()),
    ("TSE: 7203", {"JP:7203"}),
    ("$600519.SH$", {"CN:600519"}),
    ("$贵州茅台(SH600519)$", {"CN:600519"}),
    ("#TSLA", {"US:TSLA"}),
    ("It is all good, a real one: $A", {"US:A"}),
    ("costs $5B", set()),
    ("US$100m", set()),
    ("700 HK Equity", {"HK:00700"}),
    ("BRK/B US Equity", {"US:BRK.B"}),
    ("Profit of A.B.C. Inc and J.P. of N.Y.", set()),
    ("U.S. and U.K. talks, 5 p.m.", set()),
    ("TSLA AND NVDA UP AS WALL ST RALLIES", set()),
    ("THE COST OF SNOW AND HOOD", set()),
]


@pytest.mark.parametrize(("text", "wanted"), FORMS + NAMES + EVERYDAY + SCEPTIC)
def test_the_table(text: str, wanted: set[str]) -> None:
    assert {f.entity for f in build().find(text)} == wanted


def test_a_company_named_by_ticker_and_by_name_is_one() -> None:
    (found,) = build().find("Apple Inc (NASDAQ: AAPL) shares fall")
    assert (found.entity, found.surface) == ("US:AAPL", "Apple Inc")


def test_the_title_weighs_more_than_the_body_and_early_more_than_late() -> None:
    assert relevance([0], 40) > relevance([30], 40) > relevance([50], 40) > relevance([2_000], 40) > 0
    assert relevance([0, 10, 20, 30], 40) == 10_000


def test_the_most_relevant_come_first_and_lists_are_cut() -> None:
    names = ["Microsoft", "Tesla", "Nvidia", "JPMorgan", "Pfizer", "Chevron", "Nike", "Boeing", "Intel", "Cisco",
             "Starbucks", "Netflix", "Comcast", "Verizon"]  # fmt: skip
    found = build().find(", ".join(names))
    assert len(found) == MOST
    assert found[0].entity == "US:MSFT"
    assert [f.relevance for f in found] == sorted((f.relevance for f in found), reverse=True)


def test_a_long_body_is_searched_to_its_limit_and_quickly() -> None:
    assert build().find("", "x" * 30_000 + " Microsoft") == []


def test_a_users_own_company_counts(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        'X:acme: ["Acme Robotics", "艾克美", "Acme?"]\nUS:AAPL: {name: Fruit Co, aliases: ["果子公司"]}\n'
    )
    linker = build((own,))
    assert [f.entity for f in linker.find("Acme Robotics and 艾克美公司")] == ["X:acme"]
    assert [f.name for f in linker.find("果子公司发布")] == ["Fruit Co"]
    assert [f.entity for f in linker.find("Microsoft")] == ["US:MSFT"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("- a\n", "expected `ENTITY"),
        ("acme: [Acme]\n", "'acme'"),
        ("X:a: []\n", "X:a"),
        ("X:a: [1]\n", "X:a"),
        ("{", "YAML"),
        ("X:a: [Acme]\nX:b: [Bolt]\nX:a: [Axle]\n", "broken.yaml:3: 'X:a' stands twice (first in line 1)"),
        ("X:a: {name: Acme,\n      name: Axle}\n", "broken.yaml:2: 'name' stands twice (first in line 1)"),
        ("? [X:a]\n: [Acme]\n", "broken.yaml:1: a list or a mapping cannot be a key"),
    ],
)
def test_a_broken_list_names_the_file_and_the_entry(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"broken\.yaml") as caught:
        build((path,))
    assert says in str(caught.value)


def test_a_table_of_unknown_columns_says_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("foo,bar\n1,2\n")
    with pytest.raises(ConfigError, match="foo"):
        catalogue.of_list(path)


def test_the_form_that_import_writes_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    before = catalogue.of_yaml(catalogue.BUILTIN)
    path.write_text(catalogue.dump(before), encoding="utf-8")
    after = {e.id: e for e in catalogue.of_yaml(path)}
    assert {e.id: set(e.aliases) for e in before} == {k: set(e.aliases) for k, e in after.items()}


def test_the_public_lists_are_read(shared_data: Path) -> None:
    folder = shared_data / "entities"
    names = ("sp500.parquet", "sec_company_tickers.parquet", "cn_a_share.parquet", "nse_aliases.csv")
    linker = Linker(catalogue.merged(catalogue.of_list(folder / n) for n in names))
    assert [f.entity for f in linker.find("驰宏锌锗：净利增长")] == ["CN:600497"]
    assert [f.entity for f in linker.find("Applied Materials up 3%")] == ["US:AMAT"]
    assert linker.find("a gap in the market target") == []


def test_builtin_names_are_not_given_to_two_companies() -> None:
    seen: dict[str, str] = {}
    for entity in catalogue.of_yaml(catalogue.BUILTIN):
        for alias in (*entity.aliases, *entity.careful):
            assert seen.setdefault(alias.lower(), entity.id) == entity.id, alias


def test_a_title_as_long_as_a_book_is_searched_as_far_as_a_body_is() -> None:
    found = default_linker().find("Apple shares fell. " * 50_000 + "Boeing rose.")
    assert [one.entity for one in found] == ["US:AAPL"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kweichow Moutai (600519) rises", True),
        ("Moutai（600519） rises", True),
        ("贵州茅台（600519）涨停", True),
        ("盘中(600519)异动", True),
        ("Profit rose to (600519) units", False),
        ("net loss of (600519) for the year", False),
        ("600519", False),
    ],
)
def test_six_digits_in_brackets_are_a_code_behind_a_name_or_in_chinese(text: str, found: bool) -> None:
    assert ("CN:600519" in [one for one, *_ in explicit_tickers(folded(text))]) == found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("JD.com (NASDAQ: JD; HKEX: 9618) rises", ["US:JD", "HK:09618"]),
        ("Alibaba (NYSE: BABA, HKEX:9988) rises", ["US:BABA", "HK:09988"]),
        ("Alibaba（NYSE：BABA；HKEX：9988）rises", ["US:BABA", "HK:09988"]),
        ("Shopify (TSX: SHOP; NYSE: SHOP)", ["CA:SHOP", "US:SHOP"]),
        ("Rio (NYSE: RIO, ASX: RIO, LSE: RIO)", ["US:RIO", "AU:RIO", "UK:RIO"]),
        ("Foo (OTCQB: FOOX; TSXV: FOO)", ["US:FOOX", "CA:FOO"]),
        ("Foo (OTCQB: FOOX, TSX-V: FOO, FSE: F1O)", ["US:FOOX", "CA:FOO"]),
        ("Foo (NYSE American: FOO, TSX Venture: BAR, OTC Pink: BAZ)", ["US:FOO", "CA:BAR"]),
        ("SSE: 600519, SZSE: 000001", ["CN:600519", "CN:000001"]),
        ("Alphabet (NASDAQ: GOOG, GOOGL; TSX: GOOG)", ["US:GOOG", "US:GOOGL", "CA:GOOG"]),
        ("Alphabet (TSX: GOOG; NASDAQ: GOOG, GOOGL)", ["CA:GOOG", "US:GOOG", "US:GOOGL"]),
        ("Allstate (TSX: BAR and NYSE: ALL)", ["CA:BAR", "US:ALL"]),
        ("Alphabet (NASDAQ: GOOG, GOOGL): a report", ["US:GOOG", "US:GOOGL"]),
    ],
)
def test_a_list_of_codes_ends_where_the_next_exchange_is_named(text: str, wanted: list[str]) -> None:
    assert [one for one, *_ in explicit_tickers(folded(text))] == wanted
