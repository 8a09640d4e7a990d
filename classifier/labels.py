"""The reviewed table: what each data set's own labels mean in our nineteen topics.

A row is (native label -> yes, unsure). `yes` are the topics the label asserts, `unsure` are the topics about
which the label says nothing; every other topic of the set's `covers` is denied. Topics outside `covers` are
never trained from that set's native labels (weak rules may speak of them, see training/weak.py).
`unsure` exists because the sets label one aspect where an article has several: a Twitter item filed under
"Stock Movement" may well be about earnings, and denying that would teach a falsehood.
"""

from dataclasses import dataclass
from typing import Final

from classifier.taxonomy import TOPIC_NAMES


@dataclass(frozen=True, slots=True)
class Mapping:
    """One data set's table. `table`: native label -> (yes, unsure); `covers`: topics the set can deny."""

    name: str
    table: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
    covers: tuple[str, ...]

    def target(self, labels: list[str]) -> list[int]:
        """Return one value a topic in TOPIC_NAMES order: 1 asserted, 0 denied, -1 not known.

        Raises KeyError for a label the table does not have: a new label must be reviewed, not guessed.
        """
        yes = {topic for label in labels for topic in self.table[label][0]}
        unsure = {topic for label in labels for topic in self.table[label][1]}
        if not yes:
            unsure = unsure | {"general"}
        return [1 if t in yes else (0 if t in self.covers and t not in unsure else -1) for t in TOPIC_NAMES]


_COMPANY: Final = (
    "earnings", "analyst_ratings", "mergers_acquisitions", "ipo_fundraising", "dividends_buybacks",
    "credit_debt", "legal_regulation", "management", "company_product", "equities_market",
)  # fmt: skip
_ALL_BUT_UNLABELLED: Final = tuple(t for t in TOPIC_NAMES if t not in ("crypto", "real_estate"))

TWITTER_TOPICS: Final = Mapping(
    "topics/en_twitter",
    {
        "Analyst Update": (("analyst_ratings",), ("equities_market",)),
        "Fed | Central Banks": (("central_banks",), ("macro_economy",)),
        "Company | Product News": (("company_product",), ("ipo_fundraising", "mergers_acquisitions")),
        "Treasuries | Corporate Debt": (("credit_debt",), ("macro_economy", "central_banks")),
        "Dividend": (("dividends_buybacks",), ()),
        "Earnings": (("earnings",), ("equities_market",)),
        "Energy | Oil": (("energy",), ("metals_commodities",)),
        "Financials": (("earnings",), ("equities_market",)),  # "beats by $0.07, misses on revs"
        "Currencies": (("currencies",), ("macro_economy", "central_banks")),
        "General News | Opinion": (("general",), ()),
        "Gold | Metals | Materials": (("metals_commodities",), ("equities_market",)),
        "IPO": (("ipo_fundraising",), ()),
        "Legal | Regulation": (("legal_regulation",), ("politics_geopolitics",)),
        "M&A | Investments": (("mergers_acquisitions",), ("ipo_fundraising", "company_product")),
        "Macro": (("macro_economy",), ("central_banks",)),
        "Markets": (("equities_market",), ("macro_economy",)),
        "Politics": (("politics_geopolitics",), ("legal_regulation",)),
        "Personnel Change": (("management",), ()),
        "Stock Commentary": (("equities_market",), _COMPANY),
        "Stock Movement": (("equities_market",), _COMPANY),
    },
    _ALL_BUT_UNLABELLED,
)

FINNL: Final = Mapping(
    "topics/zh_finnl",
    {
        "公司": (("company_product",), _COMPANY),  # any company flash: the kind is left to weak rules
        "中国": ((), ()),  # regions, not topics
        "外国": ((), ()),
        "国际": ((), ("politics_geopolitics", "macro_economy", "general")),
        "经济": (("macro_economy",), ("central_banks", "credit_debt")),
        "行业": ((), ("equities_market", "company_product", "general")),  # a sector: moves or news
        "大盘": (("equities_market",), ()),
        "政策": (("legal_regulation",), ("politics_geopolitics", "central_banks", "general")),
        "期货": (("metals_commodities",), ("energy",)),  # futures: gold, oil, base metals, softs
        "政治": (("politics_geopolitics",), ()),
        "能源": (("energy",), ("metals_commodities",)),
        "债券": (("credit_debt",), ("central_banks",)),
        "房地产": (("real_estate",), ("company_product",)),
        "虚拟货币": (("crypto",), ()),
        "外汇": (("currencies",), ("central_banks",)),
        "新冠": (("general",), ("politics_geopolitics", "macro_economy", "company_product")),
    },
    ("macro_economy", "equities_market", "currencies", "energy", "metals_commodities", "crypto",
     "real_estate", "politics_geopolitics", "general", "credit_debt", "company_product"),
)  # fmt: skip

FINESE: Final = Mapping(
    "subjects/zh_finese",
    {
        "其他": ((), TOPIC_NAMES),
        "信批违规": (("legal_regulation",), ()),
        "实控人股东变更": (("management",), ("mergers_acquisitions",)),
        "交易违规": (("legal_regulation",), ("equities_market",)),
        "不能履职": (("management",), ("legal_regulation",)),
        "涉嫌非法集资": (("legal_regulation",), ("crypto",)),
        "重组失败": (("mergers_acquisitions",), ()),
        "评级调整": (("analyst_ratings",), ("credit_debt", "equities_market")),
        "业绩下滑": (("earnings",), ("equities_market",)),
        "财务造假": (("legal_regulation",), ("earnings",)),
        "涉嫌传销": (("legal_regulation",), ("crypto",)),
        "涉嫌违法": (("legal_regulation",), ("management",)),
        "资金账户风险": (("credit_debt",), ("legal_regulation",)),
        "涉嫌欺诈": (("legal_regulation",), ("crypto",)),
        "高管负面": (("management",), ("legal_regulation",)),
        "资产负面": (("credit_debt",), ("legal_regulation",)),
        "投诉维权": (("legal_regulation",), ("company_product",)),
        "产品违规": (("company_product",), ("legal_regulation",)),
        "提现困难": (("credit_debt",), ("legal_regulation",)),
        "失联跑路": (("legal_regulation",), ("credit_debt", "management")),
        "歇业停业": (("company_product",), ("credit_debt",)),
        "公司股市异常": (("equities_market",), ()),
    },
    ("analyst_ratings", "ipo_fundraising", "dividends_buybacks", "central_banks", "macro_economy",
     "currencies", "energy", "metals_commodities", "politics_geopolitics"),
)  # fmt: skip

FINESE_NEGATIVE: Final = frozenset(FINESE.table) - {"其他", "实控人股东变更", "评级调整", "不能履职"}
"""FinESE events that are bad news for their subject without doubt."""

_REUTERS_GROUPS: Final[dict[str, str]] = {
    "earnings": "earn",
    "mergers_acquisitions": "acq",
    "central_banks": "interest money-supply",
    "macro_economy": (
        "trade gnp bop cpi jobs reserves ipi wpi retail income lei inventories instal-debt cpu"
    ),
    "currencies": (
        "dlr yen stg dmk austdlr nzdlr saudriyal can dfl rand lit nkr sfr peseta ringgit rupiah skr dkr "
        "cruzado bfr hk money-fx"
    ),
    "energy": "crude nat-gas gas fuel heat jet naphtha propane pet-chem",
    "real_estate": "housing",
    "metals_commodities": (
        "grain wheat corn oilseed sugar coffee veg-oil gold soybean livestock copper cocoa carcass rice "
        "iron-steel cotton alum barley meal-feed rubber zinc palm-oil silver sorghum rapeseed lead tin "
        "strategic-metal orange hog soy-meal soy-oil sunseed lumber tea oat platinum nickel groundnut "
        "l-cattle sun-oil rape-oil coconut-oil potato coconut plywood tapioca pork-belly copra-cake "
        "palmkernel palladium cotton-oil f-cattle linseed lin-oil rye groundnut-oil cornglutenfeed wool "
        "fishmeal castor-oil sun-meal red-bean citruspulp rape-meal corn-oil castorseed lin-meal cottonseed"
    ),
    "general": "ship",
}
_REUTERS_UNSURE: Final[dict[str, tuple[str, ...]]] = {
    "earnings": ("dividends_buybacks", "management"),  # "earn" covers payouts
    "mergers_acquisitions": ("company_product", "legal_regulation", "ipo_fundraising", "equities_market"),
    "central_banks": ("macro_economy", "credit_debt", "currencies"),
    "macro_economy": ("politics_geopolitics", "central_banks", "currencies"),
    "currencies": ("central_banks", "macro_economy"),
    "energy": ("metals_commodities", "politics_geopolitics", "company_product", "macro_economy"),
    "real_estate": ("macro_economy",),
    "metals_commodities": ("politics_geopolitics", "macro_economy", "company_product"),
    "general": ("energy", "metals_commodities", "politics_geopolitics", "company_product"),
}
REUTERS: Final = Mapping(
    "replay/en_reuters_1987",
    {
        category: ((topic,), _REUTERS_UNSURE[topic])
        for topic, categories in _REUTERS_GROUPS.items()
        for category in categories.split()
    },
    _ALL_BUT_UNLABELLED,
)

MAPPINGS: Final[dict[str, Mapping]] = {m.name: m for m in (TWITTER_TOPICS, FINNL, FINESE, REUTERS)}
TWITTER_LABELS: Final = tuple(TWITTER_TOPICS.table)
FINNL_LABELS: Final = tuple(FINNL.table)

STANCES: Final = ("dovish", "neutral", "hawkish")
"""What a sentence of a central bank leans towards: lower rates, neither, higher rates."""
