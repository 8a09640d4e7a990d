"""Names in English and Chinese of topics, metrics, severities and states."""

from __future__ import annotations

from typing import Literal

from alerts.windows.series import base_of, entity_of, language_of, topic_of

DisplayLanguage = Literal["en", "zh"]

TOPIC: dict[str, tuple[str, str]] = {
    "earnings": ("earnings", "业绩"),
    "analyst_ratings": ("analyst ratings", "分析师评级"),
    "mergers_acquisitions": ("mergers and acquisitions", "并购重组"),
    "ipo_fundraising": ("IPOs and fundraising", "上市与融资"),
    "dividends_buybacks": ("dividends and buybacks", "分红回购"),
    "credit_debt": ("credit and debt", "信用与债务"),
    "central_banks": ("central banks", "央行"),
    "macro_economy": ("the economy", "宏观经济"),
    "equities_market": ("the equity market", "股市"),
    "currencies": ("currencies", "外汇"),
    "energy": ("energy", "能源"),
    "metals_commodities": ("metals and commodities", "金属与大宗商品"),
    "crypto": ("crypto", "加密货币"),
    "real_estate": ("real estate", "房地产"),
    "legal_regulation": ("law and regulation", "法律监管"),
    "management": ("management", "管理层"),
    "company_product": ("companies' products", "公司产品"),
    "politics_geopolitics": ("politics", "政治与地缘"),
    "general": ("general news", "综合"),
}
METRIC: dict[str, tuple[str, str]] = {
    "negative_share": ("Negative share", "负面占比"),
    "mean_sentiment": ("Mean sentiment", "平均情绪"),
    "net_sentiment": ("Net sentiment", "净情绪"),
    "dispersion": ("Dispersion of sentiment", "情绪离散度"),
    "stories": ("Stories", "报道数"),
    "negative_stories": ("Negative stories", "负面报道数"),
    "articles": ("Articles", "文章数"),
    "publishers": ("Publishers", "媒体数"),
}
SEVERITY: dict[str, tuple[str, str]] = {
    "low": ("low", "低"),
    "medium": ("medium", "中"),
    "high": ("high", "高"),
    "critical": ("critical", "严重"),
}
STATE: dict[str, tuple[str, str]] = {
    "pending": ("Pending", "待定"),
    "firing": ("Alert", "预警"),
    "severity": ("Alert, more severe", "预警级别上升"),
    "outage": ("Outage", "来源故障"),
    "resolved": ("Resolved", "已解除"),
    "escalated": ("Escalated", "已升级"),
    "reminder": ("Still firing", "仍在预警"),
    "test": ("Test", "测试"),
}
LANGUAGE: dict[str, tuple[str, str]] = {"en": ("in English", "英文"), "zh": ("in Chinese", "中文")}
WEEKDAYS: tuple[tuple[str, str], ...] = (
    ("Monday", "周一"),
    ("Tuesday", "周二"),
    ("Wednesday", "周三"),
    ("Thursday", "周四"),
    ("Friday", "周五"),
    ("Saturday", "周六"),
    ("Sunday", "周日"),
)
_UNITS = {"w": ("w", "周"), "d": ("d", "天"), "h": ("h", "小时"), "m": ("min", "分钟"), "s": ("s", "秒")}


def pick(table: dict[str, tuple[str, str]], name: str, lang: DisplayLanguage) -> str:
    """Return the word for `name` in the language `lang`; the name itself where the table has none."""
    return table[name][lang == "zh"] if name in table else name


def series_name(series: str, lang: DisplayLanguage, company: str = "") -> str:
    """Return a series' name: `law and regulation for US:JPM`, `US:JPM 的法律监管`; `company` is put before its id."""
    base, topic, language = base_of(series), topic_of(series), language_of(series)
    topic_word = pick(TOPIC, topic, lang) if topic else ""
    if entity := entity_of(series):
        if company:
            entity = f"{company}（{entity}）" if lang == "zh" else f"{company} ({entity})"
        if not topic:
            name = entity
        else:
            gap = " " if entity[-1].isascii() else ""
            name = f"{entity}{gap}的{topic_word}" if lang == "zh" else f"{topic_word} for {entity}"
    elif base == "all":
        name = topic_word or ("全部新闻" if lang == "zh" else "all news")
    elif base.startswith("source:"):
        name = ("来源 " if lang == "zh" else "source ") + base.removeprefix("source:")
    elif base.startswith("outage:"):
        name = ("来源 " if lang == "zh" else "source ") + base.removeprefix("outage:")
    else:
        name = topic_word or base
    if not language:
        return name
    word = pick(LANGUAGE, language, lang)
    return f"{name}（{word}）" if lang == "zh" else f"{name} ({word})"


def span_words(ms: int, lang: DisplayLanguage) -> str:
    """Return a span of milliseconds as text: `1 h`, `90 min`, `1 小时`."""
    from core.times import format_span

    text = format_span(ms)
    if text.endswith("ms"):
        return text
    return f"{text[:-1]} {_UNITS[text[-1]][lang == 'zh']}"
