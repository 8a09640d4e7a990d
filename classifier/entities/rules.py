"""Everyday words that are also companies: when does a careful name count?

A careful name (Apple, Target, 平安) counts when company words stand near it and nothing near it says that the
everyday word is meant. "Near" is a stretch of characters around the name. The test is a table
(tests/unit/classifier/test_linker.py); a rule that has no row there does not belong here.
"""

# ruff: noqa: E501  (a table of patterns reads better unbroken)

import re
from typing import Final

NEAR_CHARS: Final = 80
_COMPANY_EN: Final = re.compile(
    r"\b(?:inc|corp|corporation|co|ltd|plc|shares?|stocks?|ceo|cfo|chief executive|earnings|revenues?|sales|profits?|"
    r"quarter(?:ly)?|dividend|buyback|guidance|analysts?|upgrad\w+|downgrad\w+|overweight|outperform|acqui\w+|merger|"
    r"layoffs?|lawsuit|antitrust|investors?|market cap|retailer|automaker|carmaker|chipmaker|maker|company|firm|"
    r"supplier|stores?|launch\w*|unveil\w*|announc\w+|iphone|ipad|mac|ios|app store|aws|prime|airlines?|"
    r"beats?|misses|results|outlook|forecasts?|recall\w*|union|workers|jobs|lays? off|laid off|settles?|"
    r"to (?:buy|sell|cut|invest|build|open|pay|raise|hire|expand|acquire|spend|offer|list|launch|stop|split|report))\b|"
    r"'s\b|\$\d",
    re.IGNORECASE,
)
_COMPANY_ZH: Final = re.compile(
    r"公司|集团|股价|股份|股票|财报|业绩|营收|净利|市值|发布|推出|手机|新品|供应链|收购|投资者|上市|涨|跌|保险|银行|"
    r"首席执行官|CEO|董事|分析师|评级|芯片|汽车|销量|回购|概念股|产业链|用户|门店|业务|电商|裁员|推迟|出货|停产|反垄断|代工|净利|季度|股东|持股"
)
_MOVES: Final = re.compile(
    r"\s+(?:fell|falls?|falling|rose|rises?|rising|gain(?:s|ed)|dropp?(?:s|ed)|drops|climb(?:s|ed)|jump(?:s|ed)|"
    r"slump(?:s|ed)|soar(?:s|ed)|surg(?:es|ed)|tumbl(?:es|ed)|plung(?:es|ed)|sinks?|sank|slid|slides|rall(?:ies|ied)|"
    r"adds|added|loses|lost|closed)\b",
    re.IGNORECASE,
)
"""Right behind a name: what a share does."""
_UNLESS: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(rule, re.IGNORECASE)
    for name, rule in {
        "apple": r"apple[- ](?:pie|juice|orchards?|trees?|cider|sauce|growers?|farm\w*|harvest|crop|exports|prices)|"
        r"apple (?:hospitality|bank|south|rush|green)\b|\b(?:orchards?|fruits?|growers?|harvest\w*|bushels?|pears?|oranges?|recipe|an apple)\b",
        "苹果": r"苹果(?:期货|汁|树|醋|种植|价格|产区|收购价|主力|合约|酱|派|园|干)|水果|果农|果园|鲜果|红富士|产区|斤|梨|香蕉|期货|期价|丰收|批发价",
        "亚马逊": r"亚马逊(?:雨林|流域|河|丛林|森林|盆地)|雨林",
        "target": r"target hospitality|(?:price|profit|inflation|growth|emissions?|sales|earnings|rate|on|its|a|the|of|to|raises?|cuts?|hikes?"
        r"|lowers?|[\d%$.]+)\s+target\b|\btarget(?:s|ed|ing)?\s+(?:price|of|for|date|rate|range|at|by|the|raised|cut|to\s+\$|"
        r"\$|zone|hit|inflation|is|was|of)|PT\b",
        "intel": r"\bintel (?:reports? (?:says?|said|finds?|found|warns?|shows?|suggests?|claims?|that|on)\b|agenc\w+|officials?|"
        r"communit\w+|briefings?|assessments?|sharing|operatives?|services?|leaks?|gathering|officers?)|"
        r"\b(?:us|u\.s\.|uk|british|western|military|israeli|ukrainian|russian|chinese|nato|classified|credible) "
        r"intel\b(?! (?:chips?|cpus?|processors?|fabs?|plants?|factor\w+|shares|stock|unit))",
        "平安": r"一路平安|平安夜|平安无事|平安归来|报平安|保平安|平平安安|平安是福|出入平安|平安度|祝.{0,8}平安|平安健康|"
        r"平安喜乐|平安快乐|平安到|平安(?:中国建设|县|区|医院|大街|里|有序|祥和|落地|抵达|返|吉祥|顺遂|过|出行|回)|岁岁平安|"
        r"(?:高考|春运|假期|节日|旅途|全家|家人|祈福|祈求|求)[^，。！？,]{0,4}平安",
        "小米": r"小米(?:粥|期货|期价|种植|饭|产区|辣)|小米价格(?!战)|杂粮|五谷|亩|斤|大米|玉米|绿豆|高粱|大豆|谷子|粮",
        "meta": r"meta[- ](?:analys\w+|data)|metaverse",
        "shell": r"shell (?:company|companies|firm|firms|script|shock\w*)|egg ?shells?|\b(?:bomb|in a|tortoise) shell",
        "gap": r"gap(?:s|ped|ping)?\s+(?:up|down|between|in|higher|lower|fill|widens?|narrows?|to|of)|(?:trade|wage|pay|"
        r"gender|output|price|funding|income|budget|the|a|deficit|breakaway)\s+gap",
        "amazon": r"amazon (?:rain ?forest|river|basin|deforestation|fires?|jungle)|rain ?forest|indigenous|brazil",
        "ford": r"(?:harrison|gerald|betty|tom|doug|rob|blasey|rollin|glenn|president|premier|mayor|senator|mr\.?|ms\.?)\s+"
        r"ford\b|ford (?:foundation|administration|presidency|theat\w+)",
        "delta": r"delta (?:variant|strain|hedg\w*|neutral|force|of)|(?:river|niger|mekong|nile|pearl river|yangtze|"
        r"mississippi|okavango)\s+delta|covid|variant|gamma|omicron|option",
        "oracle": r"oracle (?:of|bones?)|\b(?:the|an) oracle|price oracle|chainlink",
        "甲骨文": r"甲骨文(?:字|研究|发现|出土)|殷墟|考古|文字|汉字",
        "visa": r"(?:work|student|travel|h-?1b|entry|tourist|immigra\w+|a|golden|transit|exit)[- ]visas?|visas?[- ](?:applica\w+|rules?|delays?|backlog|status|waiver|"
        r"free|requirements?|ban|bans|program\w*|on arrival|fees?|holders?|polic\w+|restrictions)|passport|embassy",
        "caterpillar": r"butterfl\w+|insects?|larvae?|moths?",
        "alphabet": r"alphabet (?:soup|letters?|agenc\w+)|\b(?:greek|cyrillic|latin|the) alphabet",
        "福特": r"福特(?:级|号|政府)|航母",
        "高通": r"高通(?:胀|过|量|缩)|高通货",
        "bp": r"\d\s*bps?\b|basis points?|blood pressure",
    }.items()
}
_BESIDE: Final = re.compile(r"\s*(?:[,/&、，]|and|or|vs\.?|versus|和|与|及)\s*", re.IGNORECASE)
_NOT_LOWER: Final = re.compile(r"[A-Z]")


def rulebook() -> str:
    """Every pattern here, as one text: what a change of the rules changes."""
    return "\n".join(
        (
            _COMPANY_EN.pattern,
            _COMPANY_ZH.pattern,
            _MOVES.pattern,
            _BESIDE.pattern,
            *(r.pattern for r in _UNLESS.values()),
        )
    )


def beside(text: str, first_end: int, second_start: int) -> bool:
    """True if only a comma, an "and" or the like stands between two names: a company's neighbour is a company.

    >>> t = "Apple and Microsoft lead"
    >>> beside(t, 5, 10), beside("Apple pie, Microsoft", 5, 11)
    (True, False)
    """
    return bool(_BESIDE.fullmatch(text, first_end, second_start))


def vetoed(name: str, text: str, start: int, end: int) -> bool:
    """True if the words near the careful `name` say that the everyday word is meant, or it is not written as a name."""
    surface = text[start:end]
    if surface.isascii() and not _NOT_LOWER.search(surface):
        return True
    return meant_otherwise(name, text, start, end)


def meant_otherwise(name: str, text: str, start: int, end: int) -> bool:
    """True if the words near `name`, careful or not, are those that go with another meaning of it.

    >>> meant_otherwise("intel", "US intel officials warn of attack", 3, 8), meant_otherwise("ibm", "IBM falls", 0, 3)
    (True, False)
    """
    unless = _UNLESS.get(name.lower())
    return unless is not None and bool(unless.search(text[max(0, start - NEAR_CHARS) : end + NEAR_CHARS]))


def counts(name: str, text: str, start: int, end: int) -> bool:
    """True if the careful `name` at text[start:end] means the company.

    >>> t = "Apple shares fall after iPhone sales miss"
    >>> counts("Apple", t, 0, 5), counts("Apple", "apple pie prices rise", 0, 5)
    (True, False)
    """
    if vetoed(name, text, start, end):
        return False
    surface = text[start:end]
    ascii_name = surface.isascii()
    near = text[max(0, start - NEAR_CHARS) : end + NEAR_CHARS]
    if ascii_name and _MOVES.match(text, end):
        return True
    rest = near.replace(surface, " ", 1)
    return bool(_COMPANY_EN.search(rest) or (not ascii_name and _COMPANY_ZH.search(rest)))
