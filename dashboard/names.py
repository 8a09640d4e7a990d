"""How a series is called to people, in English and Chinese."""

from __future__ import annotations

from collections.abc import Callable

TOPIC_NAMES = {
    "earnings": ("Earnings", "业绩财报"),
    "analyst_ratings": ("Analyst ratings", "分析师评级"),
    "mergers_acquisitions": ("Mergers & acquisitions", "并购重组"),
    "ipo_fundraising": ("IPO & fundraising", "上市融资"),
    "dividends_buybacks": ("Dividends & buybacks", "分红回购"),
    "credit_debt": ("Credit & debt", "信用债务"),
    "central_banks": ("Central banks", "央行货币"),
    "macro_economy": ("Macro economy", "宏观经济"),
    "equities_market": ("Equity market", "股票市场"),
    "currencies": ("Currencies", "外汇"),
    "energy": ("Energy", "能源"),
    "metals_commodities": ("Metals & commodities", "金属大宗"),
    "crypto": ("Crypto", "加密货币"),
    "real_estate": ("Real estate", "房地产"),
    "legal_regulation": ("Legal & regulation", "法律监管"),
    "management": ("Management", "管理层"),
    "company_product": ("Company & product", "公司产品"),
    "politics_geopolitics": ("Politics & geopolitics", "政治地缘"),
    "general": ("General", "综合"),
}
_LANGUAGES = {"en": ("English", "英文"), "zh": ("Chinese", "中文")}


def topic(name: str, language: str) -> str:
    """`Equity market` of `equities_market`."""
    return TOPIC_NAMES.get(name, (name, name))[language == "zh"]


def title(series: str, language: str, company: Callable[[str], str] = lambda _: "") -> str:
    """A series' name for people; `company` gives an entity's.

    >>> title("topic:equities_market@zh", "en")
    'Equity market · Chinese'
    >>> title("entity:US:IBM/topic:earnings", "en", {"US:IBM": "IBM Corp"}.get)
    'IBM Corp (US:IBM) · Earnings'
    """
    name, _, language_code = series.partition("@")
    base, _, within = name.partition("/topic:")
    chinese = language == "zh"
    kind, _, rest = base.partition(":")
    if kind == "all":
        words = "全部新闻" if chinese else "All news"
    elif kind == "topic":
        words = topic(rest, language)
    elif kind == "entity":
        known = company(rest)
        words = f"{known} ({rest})" if known and known != rest else rest
    elif kind == "source":
        words = f"{'来源' if chinese else 'Source'} {rest}"
    elif kind == "outage":
        words = f"{'来源故障' if chinese else 'Outage of source'} {rest}"
    else:
        words = base
    parts = [words]
    if within:
        parts.append(topic(within, language))
    if language_code:
        parts.append(_LANGUAGES.get(language_code, (language_code, language_code))[chinese])
    return " · ".join(parts)
