"""Weak rules: topic targets for training where no set has labels of their own. Never used in serving.

FinNL says "company" where our taxonomy asks which kind of company news, zh_stock_news has no topics at all,
and no English set knows crypto or real estate. A rule asserts a topic on words that leave little doubt; where
no rule of a language speaks, the company topics it covers are denied only if the looser word list is silent.
The model learns to generalise from these; docs/labels.md names them as what they are.
"""

# ruff: noqa: E501  (a table of patterns reads better unbroken)

import re
from typing import Final

from classifier.taxonomy import TOPIC_NAMES

_ZH: Final[dict[str, str]] = {
    "earnings": r"净利|业绩|营收|预增|预亏|预盈|扭亏|年报|季报|中报|亏损\d|盈利\d|净亏",
    "analyst_ratings": r"评级|目标价|买入评级|增持评级|上调至|下调至|首次覆盖",
    "mergers_acquisitions": r"收购|并购|重组|要约|合并|受让.{0,12}股权|转让.{0,12}股权|吸收合并",
    "ipo_fundraising": r"IPO|上市申请|招股|首发|定增|非公开发行|配股|募资|融资轮|[A-D]轮融资|挂牌上市|科创板上市",
    "dividends_buybacks": r"回购|分红|派现|派息|股息|高送转|10转|10送|10派|股推|转增",
    "credit_debt": r"债券|违约|公司债|可转债|国债|信用评级|贷款|破产|资金链|票据|债务|授信",
    "central_banks": r"央行|美联储|欧洲央行|降准|降息|加息|逆回购|MLF|LPR|货币政策|FOMC|鲍威尔|拉加德",
    "legal_regulation": r"立案|处罚|罚款|警示函|监管函|问询函|涉嫌|诉讼|起诉|判决|违规|调查|仲裁|冻结|逮捕|操纵",
    "management": r"辞职|离任|董事长|总经理|高管|任命|聘任|实控人|控股股东|总裁|换届|CEO",
    "equities_market": r"涨停|跌停|板块|大盘|沪指|道指|纳指|恒指|指数|股价|A股|港股|美股|走强|走弱|领涨|领跌|减持|增持",
    "crypto": r"比特币|以太坊|加密货币|虚拟货币|区块链代币|USDT|狗狗币",
    "real_estate": r"房地产|楼市|房价|房企|住房|地产|商品房|土地出让",
    "energy": r"原油|石油|天然气|欧佩克|OPEC|煤炭|电价|汽油|柴油",
    "metals_commodities": r"黄金|白银|铜价|铝价|螺纹|铁矿|期货|大豆|玉米|金价|锂价|稀土",
    "currencies": r"汇率|人民币中间价|美元指数|美元兑|欧元兑|兑日元|外汇",
    "company_product": r"中标|签订|合同|投产|新产品|推出|发布.{0,8}产品|合作协议|项目|获批|量产|召回|订单|专利|战略合作",
}
_EN: Final[dict[str, str]] = {
    "crypto": r"\b(?:bitcoin|btc|ethereum|crypto\w*|blockchain|dogecoin|stablecoins?|\$eth|\$btc|coinbase|binance)\b",
    "real_estate": (
        r"\b(?:home ?builders?|housing (?:market|starts|prices)|home (?:sales|prices)|mortgage (?:rates?|applications)"
        r"|real estate|realty|property (?:market|developers?)|office space|existing home)\b"
    ),
}
_MARKETS_1987: Final = re.compile(
    r"\b(?:wall street|stock market|stock exchange|stocks? (?:fall|rise|close|end|open|slump|plunge|tumble|drop"
    r"|surge|soar|rally|gain)\w*|dow jones|nikkei|share prices|equit(?:y|ies)|hang seng|ftse|market crash)\b",
    re.IGNORECASE,
)
ZH_RULES: Final = {topic: re.compile(rule) for topic, rule in _ZH.items()}
EN_RULES: Final = {topic: re.compile(rule, re.IGNORECASE) for topic, rule in _EN.items()}


def refine(text: str, language: str, target: list[int], *, company: bool = False) -> list[int]:
    """Return `target` (TOPIC_NAMES order, 1 / 0 / -1) with what the rules can say filled in.

    Only what is unknown (-1) is asserted. `company`: the text is Chinese company news without topic labels,
    so company topics no rule speaks of are denied.
    """
    out = list(target)
    rules = ZH_RULES if language == "zh" else EN_RULES
    hits = {topic for topic, rule in rules.items() if rule.search(text)}
    for i, topic in enumerate(TOPIC_NAMES):
        if out[i] != -1:
            continue
        if topic in hits:
            out[i] = 1
        elif topic in rules and (company or topic in ("crypto", "real_estate")):
            out[i] = 0
    return out


def about_stocks(title: str) -> bool:
    """True if a headline of 1987 (which has no category for it) is about the stock market as a whole."""
    return bool(_MARKETS_1987.search(title))
