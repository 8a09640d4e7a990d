"""Everyday words that are also companies: when does a careful name count?

A careful name (Apple, Target, 平安) counts when company words stand near it and nothing near it says that the
everyday word is meant. "Near" is a stretch of characters around the name. The test is a table
(tests/unit/classifier/entities/test_linker.py); a rule that has no row there does not belong here.
"""

# ruff: noqa: E501  (a table of patterns reads better unbroken)

import re
from typing import Final

from classifier.entities import words

NEAR_CHARS: Final = 80
_COMPANY_EN: Final = re.compile(
    r"\b(?:inc|corp|corporation|co|ltd|plc|shares?|stocks?|ceo|cfo|chief executive|earnings|revenues?|sales|profits?|"
    r"quarter(?:ly)?|dividend|buyback|guidance|analysts?|upgrad\w+|downgrad\w+|overweight|outperform|acqui\w+|merger|"
    r"layoffs?|lawsuit|antitrust|investors?|market cap|retailer|automaker|carmaker|chipmaker|maker|company|firm|"
    r"supplier|stores?|launch\w*|unveil\w*|announc\w+|iphone|ipad|mac|ios|app store|aws|prime|airlines?|"
    r"beats?|misses|results|outlook|forecasts?|recall\w*|union|workers|jobs|lays? off|laid off|settles?|"
    r"q[1-4]|rs|crore|net (?:profit|loss|up|down)|stop loss|data breach|hack(?:ed|ers)|outage|(?:credit|debt|price) (?:rating|target)|antitrust|patents?|"
    r"to (?:buy|sell|cut|invest|build|open|pay|raise|hire|expand|acquire|spend|offer|list|launch|stop|split|report))\b|"
    r"'s\b|\$\d",
    re.IGNORECASE,
)
_COMPANY_ZH: Final = re.compile(
    r"公司|集团|罚款|起诉|被诉|诉讼|欧盟|专利|监管|股价|股份|股票|财报|业绩|营收|净利|市值|发布|推出|手机|新品|供应链|收购|投资者|上市|涨|跌|保险|银行|"
    r"首席执行官|CEO|董事|分析师|评级|芯片|汽车|销量|回购|概念股|产业链|用户|门店|业务|电商|裁员|推迟|出货|停产|反垄断|代工|净利|季度|股东|持股"
)
_MOVES: Final = re.compile(
    r"(?:'s)?\s+(?:(?:up|down|flat|higher|lower)\b|"
    r"(?:also |now |still |again |will |may |is |was |has |had |to be |gets? |got )?"
    r"(?:fell|falls?|falling|rose|rises?|rising|gain(?:s|ed)|dropp?(?:s|ed)|drops|climb(?:s|ed)|jump(?:s|ed)|"
    r"slump(?:s|ed)|soar(?:s|ed)|surg(?:es|ed)|tumbl(?:es|ed)|plung(?:es|ed)|sinks?|sank|slid|slides|rall(?:ies|ied)|"
    r"adds|added|loses|lost|closed|hits?|tops|topped|faces?|facing|cuts|wins|won|warn(?:s|ed)|delay(?:s|ed)|plans|"
    r"planning|sues|sued|suing|says|said|sees|raises|raised|reports|reported|posts|posted|slash(?:es|ed)|cancel\w+|"
    r"fires|fired|hires|hired|names|named|halt(?:s|ed)|suspend(?:s|ed)|fined|agrees|agreed|buys|bought|buying|sells|"
    r"sold|selling|expand(?:s|ed)|seek(?:s|ing)|sought|consider(?:s|ing)|denies|denied|slip(?:s|ped)|edges|dips|dipped|"
    r"extends|shuts|closes|closing|opens|opening|reveals|offers|partners|pays|paid|invests|spends|signs|signed|joins|"
    r"builds|develops|tests|moves|pulls|drops|ends|introduces|debuts|unveils|releases|updates|confirms|expects|"
    r"accus(?:es|ed)|probed|investigated|blam(?:es|ed)|tells|told|asks|asked|appeals?|files|filed|stops|"
    r"in talks|on track|under (?:fire|investigation|scrutiny|pressure)|subsidiary|unit|rival|executives?|chief|boss)\b)",
    re.IGNORECASE,
)
"""Right behind a name: what a share or a company does."""
_DONE_TO: Final = re.compile(
    r"\b(?:fin(?:es|ed|ing)|prob(?:es|ed|ing)|sues|sued|suing|den(?:ies|ied)|investigat(?:es|ed|ing)|accus(?:es|ed)|"
    r"downgrades?|upgrades?|acquires|subpoenas|raids|bans|dumps|shorts?)\s+$",
    re.IGNORECASE,
)
"""Right before a name: what is done to a company."""
_SHARE: Final = re.compile(
    r"(?:'s)?\s+(?:shares?|stock|calls|puts|inc|corp|ceo|earnings|options|market cap|(?:fell|rose|falls|rises|drops|"
    r"dropped|plunges|plunged|jumps|jumped|soars|soared|tumbles|slumps|crash\w*|surges|slides|rallies)\b)",
    re.IGNORECASE,
)
"""Right behind a name in small letters."""
_NEVER_SMALL: Final = frozenset(
    ("target", "gap", "meta", "shell", "visa", "delta", "alphabet", "square", "bp", "zoom", "snap")
)
"""Careful names that in small letters are words whatever stands behind them."""
_LEGAL_EN: Final = re.compile(
    r",?\s+(?:inc|corp|corporation|ltd|limited|plc|llc|lp|nv|ag|holdings inc|& co|bancorp|bancshares)\b|\s*\((?:nyse|nasdaq|amex|otc|tsx|lse)\b",
    re.IGNORECASE,
)
_CAPITALISED: Final = re.compile(r"(?:[A-Z&][\w.'-]*|&)[ -]$")
_NEXT: Final = re.compile(r"(?:,? | & |-)[A-Z][a-z]")
_SPOKEN: Final = re.compile(r"\b[A-Za-z]{3,}\b")
_CLAUSE_ZH: Final = re.compile(r"(?:^|[\s,.:;!?、。《》\"'()\[\]|/@#$])$")
_BEHIND_ZH: Final = re.compile(
    r"\s?(?:[:(]|公告|股份|集团|股价|发布|涨停|跌停|宣布|表示|回应|称|拟|董事|公司|控股|股东|证券|科技|一季|半年|三季|前三季|上半年|业绩|净利|年报|中标|Q\d|20\d\d|\d{4}年|获)"
)
_UNLESS: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(rule, re.IGNORECASE)
    for name, rule in {
        "apple": r"\bbig apple\b|apple[- ](?:pie|juice|orchards?|trees?|cider|sauce|growers?|farm\w*|harvest|crop|exports|prices)|"
        r"apple (?:hospitality|bank|south|rush|green)\b|\b(?:orchards?|fruits?|growers?|harvest\w*|bushels?|pears?|oranges?|recipe|an apple)\b",
        "苹果": r"(?:烟台|阿克苏|洛川|栖霞|静宁|陕西|甘肃|山东|新疆|冰糖心|糖心|富士|青)苹果(?!公司|手机|股价)|苹果(?:期货|汁|树|醋|种植|价格|产区|收购价|主力|合约|酱|派|园|干)|水果|果农|果园|鲜果|红富士|产区|斤|梨|香蕉|期货|期价|丰收|批发价",
        "亚马逊": r"亚马逊(?:雨林|流域|河|丛林|森林|盆地)|雨林",
        "target": r"target hospitality|(?:price|profit|inflation|growth|emissions?|sales|earnings|rate|on|its|a|the|of|to|raises?|cuts?|hikes?"
        r"|lowers?|[\d%$.]+|takeover|merger|buyout|acquisition|bid|easy|prime|soft|top|key)\s+target\b|"
        r"\btarget(?:s|ed|ing)?\s+(?:(?:price|of|for|date|rate|range|at|by|the|raised|cut|zone|hit|inflation|is|was|of)\b|to\s+\$|\$)|"
        r"\btarget (?:stocks?|shares?) price|PT\b",
        "intel": r"\bintel (?:reports? (?:says?|said|finds?|found|warns?|shows?|suggests?|claims?|that|on)\b|agenc\w+|officials?|"
        r"communit\w+|briefings?|assessments?|sharing|operatives?|services?|leaks?|gathering|officers?)|"
        r"\b(?:us|u\.s\.|uk|british|western|military|israeli|ukrainian|russian|chinese|nato|classified|credible) "
        r"intel\b(?! (?:chips?|cpus?|processors?|fabs?|plants?|factor\w+|shares|stock|unit))",
        "平安": r"一路平安|平安夜|平安无事|平安归来|报平安|保平安|平平安安|平安是福|出入平安|平安度|祝.{0,8}平安|平安健康|"
        r"平安喜乐|平安快乐|平安到|平安(?:降落|着陆|脱险|获救|撤离|返航|中国建设|县|区|医院|大街|里|有序|祥和|落地|抵达|返|吉祥|顺遂|过|出行|回)|岁岁平安|"
        r"(?:高考|春运|假期|节日|旅途|全家|家人|祈福|祈求|求)[^，。！？,!?]{0,4}平安",
        "小米": r"小米(?:粥|期货|期价|种植|饭|产区|辣)|小米价格(?!战)|杂粮|五谷|亩|斤|大米|玉米|绿豆|高粱|大豆|谷子|粮",
        "meta": r"meta[- ](?:analys\w+|data)|metaverse",
        "shell": r"shell (?:company|companies|firm|firms|script|shock\w*)|egg ?shells?|\b(?:bomb|in a|tortoise) shell",
        "gap": r"gap(?:s|ped|ping)?\s+(?:up|down|between|in|higher|lower|fill|widens?|narrows?|to|of)|(?:trade|wage|pay|"
        r"gender|output|price|funding|income|budget|the|a|deficit|breakaway)\s+gap",
        "amazon": r"amazon (?:rain ?forest|river|basin|deforestation|fires?|jungle)|rain ?forest|indigenous|brazil(?:ian|'s) amazon|amazon in brazil",
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
        "3m": r"\(3m\)|3m (?:libor|euribor|treasur\w+|t-?bills?|bills?|yield\w*|forwards?|futures|copper|aluminium|returns?|average|high|low|ago)",
        "ups": r"(?:start|pick|line|sit|push|follow|pin|grown|check|mark|set|break|warm|back|run|clean)[- ]?ups|ups and downs|\bups (?:(?:its|the|his|their|dividends?|stakes?|payouts?|"
        r"forecasts?|guidance|offers?|bids?|targets?|outlook|prices?|rates?|qtly|quarterly|annual|holdings?|interest|div\w*|cash|capital|loan|spending|output|profit|"
        r"estimate\w*|view|divd|payment|ante|to|by|from|\d)\b|\$)|uninterrupt\w+ power|\bups .{0,40}\b(?:stake|bid|holdings?|interest|offer|payout|dividend)\b",
        "amex": r"amex(?:\s?:|\s+(?:exchange|list\w+|index|composite|stocks?|oil|gold|trading|seats?|ceo))|(?:nyse|nasdaq)\W+(?:and |or )?amex|on (?:the )?amex\b|american stock exchange",
        "us steel": r"us steel (?:imports?|tariffs?|industr\w+|makers?|producers?|prices?|mills?|demand|output|sector|exports?|shipments|firms|companies|"
        r"stocks|production|workers|quotas?|duties|consum\w+|buyers|market|capacity|scrap|import)",
        "u.s. steel": r"u\.s\. steel (?:imports?|tariffs?|industr\w+|makers?|producers?|prices?|mills?|demand|output|sector|exports?|shipments|firms|companies|"
        r"stocks|production|quotas?|duties|consum\w+|buyers|market|capacity|scrap)",
        "gm": r"gm[- ](?:crops?|foods?|soy\w*|corn|maize|seeds?|wheat|rice|cotton|mustard|organisms?|free|brinjal)|genetically",
        "zoom": r"(?:stocks|shares|prices|sales|profits) zoom|zoom(?:s|ed)? (?:in|out|past|ahead|up|lens|to|through|call|meeting)",
        "snap": r"snap-on|snap (?:election|poll|vote|up|back|out|losing|winning|\w+-day|decision|judgment|rally)|(?:cold|oh|in a|a) snap|to snap|snap(?:s|ped) (?!inc)",
        "square": r"pershing square|square d\b|square (?:feet|foot|ft|miles?|met\w+|kilomet\w+|kms?|yards?|off|one|enix|root|pharma\w*)|\b(?:times|tiananmen|trafalgar|red|union|"
        r"madison|independence|tahrir|syntagma|taksim|town|city|public|fair and|back to|st\.?|hudson|harvard|leicester) square",
        "amc": r"(?:hdfc|iifl|quantum|sbi|uti|icici|axis|reliance|kotak|nippon|birla|tata|idfc|dsp|the|an) amc\b|asset manage\w+|mutual funds?|\bamcs\b|municipal",
        "jd": r"jd (?:vance|power|sports?|wetherspoon|\(|edwards)|j\.?d\. ",
        "hp": r"\d\s?hp\b|\bhp (?:gas|sauce|cotton|govt|government|adhesives)|himachal|horse ?power",
        "block": r"(?:h&r|hr|carson|\d) block|block (?:trades?|deals?|of|the|chain|by|on|grants?|sales?|orders?|heads?|\w+s to)|(?:\w+ing|to|bid to|may|will|could|oil|"
        r"building|road|stumbling|trade|trading|voting|senate|judge|court|exploration|gas|first|a|the|each) block",
        "progressive": r"progressive (?:democrat\w*|lawmaker\w*|caucus|policy|party|tax\w*|group\w*|conservative\w*|senator\w*|candidate\w*)",
        "travelers": r"travelers (?:to|from|who|face|cheque\w*|check\w*|choice)|\b(?:air|holiday|business|leisure|for|international) travelers|airport",
        "discover": r"discover (?:a|the|how|why|what|new|your|more)|\b(?:to|scientists|researchers|and) discover",
        "adobe": r"adobe (?:houses?|bricks?|walls?)",
        "sap": r"\bsap (?:flow|from|of)|tree|maple",
        "福特": r"福特(?:级|号|政府)|航母",
        "高通": r"高通(?:胀|过|量|缩)|高通货",
        "bp": r"\bbp (?:singh|kumar|sharma|kanungo)|\d\s*bps?\b|basis points?|blood pressure",
    }.items()
}
_BESIDE: Final = re.compile(r"\s*(?:[,/&、，]|and|or|vs\.?|versus|和|与|及)\s*", re.IGNORECASE)
_NOT_LOWER: Final = re.compile(r"[A-Z]")
_SPOKEN_OF: Final = 60
"""Characters that are looked at before a name, for what is done to it."""


def rulebook() -> str:
    """Every pattern and table here, as one text: what a change of the rules changes."""
    patterns = (
        _COMPANY_EN,
        _COMPANY_ZH,
        _MOVES,
        _DONE_TO,
        _SHARE,
        _LEGAL_EN,
        _CAPITALISED,
        _NEXT,
        _CLAUSE_ZH,
        _BEHIND_ZH,
        _BESIDE,
    )
    return "\n".join(
        (
            *(p.pattern for p in patterns),
            *sorted(_NEVER_SMALL),
            *(r.pattern for r in _UNLESS.values()),
            words.written(),
        )
    )


def has_rule(name: str) -> bool:
    """Whether the table says when the everyday word is meant."""
    return name in _UNLESS


def joined(name: str, text: str, start: int, end: int) -> bool:
    """True if `name` at text[start:end] is part of another word or name, by the table of bounds.

    >>> joined("日立", "3月8日立案调查", 3, 5), joined("日立", "日立裁员", 0, 2)
    (True, False)
    """
    sides = words.bounds().get(name)
    if sides is None:
        return False
    return text[max(0, start - 24) : start].lower().endswith(sides[0] or ("\0",)) or text[
        end : end + 24
    ].lower().startswith(sides[1] or ("\0",))


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
    small = surface.isascii() and not _NOT_LOWER.search(surface)
    if small and (name in _NEVER_SMALL or not _SHARE.match(text, end)):
        return True
    return meant_otherwise(name, text, start, end)


def meant_otherwise(name: str, text: str, start: int, end: int) -> bool:
    """True if the words near `name`, careful or not, are those that go with another meaning of it.

    >>> meant_otherwise("intel", "US intel officials warn of attack", 3, 8), meant_otherwise("ibm", "IBM falls", 0, 3)
    (True, False)
    """
    unless = _UNLESS.get(name.lower())
    return unless is not None and bool(unless.search(text[max(0, start - NEAR_CHARS) : end + NEAR_CHARS]))


def within_a_name(text: str, start: int, end: int) -> bool:
    """True if the words beside text[start:end] make it a part of a longer name: Tim Cook, Mount Everest, Viking Line.

    In a headline that writes every word large this says nothing, and is False.

    >>> within_a_name("Apple chief Tim Cook spoke", 12, 15), within_a_name("shares of Wayfair fell", 10, 17)
    (True, False)
    """
    before = _CAPITALISED.search(text, max(0, start - 30), start)
    behind = _NEXT.match(text, end)
    if (not before and not behind) or _LEGAL_EN.match(text, end):
        return False
    spoken: list[str] = _SPOKEN.findall(text, max(0, start - 120), end + 120)
    return sum(word.islower() for word in spoken) >= 0.4 * len(spoken)


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
    if ascii_name and (_MOVES.match(text, end) or _DONE_TO.search(text, max(0, start - _SPOKEN_OF), start)):
        return True
    rest = near.replace(surface, " ", 1)
    return bool(_COMPANY_EN.search(rest) or (not ascii_name and _COMPANY_ZH.search(rest)))


def counts_strictly(text: str, start: int, end: int) -> bool:
    """True if an everyday word at text[start:end] can only be a company: a legal form behind it, a headline's subject.

    Of several words, what a share does is enough: Live Nation plunges.

    >>> counts_strictly("Banner Corp beats", 0, 6), counts_strictly("Banner year for banks", 0, 6)
    (True, False)
    >>> counts_strictly("机器人:净利增长", 0, 3), counts_strictly("工业机器人公司", 2, 5)
    (True, False)
    """
    if text[start:end].isascii():
        alone = _LEGAL_EN.match(text, end) or (" " in text[start:end] and _SHARE.match(text, end))
        return bool(alone) and not _CAPITALISED.search(text, max(0, start - 30), start)
    return bool(_BEHIND_ZH.match(text, end)) and bool(_CLAUSE_ZH.search(text, max(0, start - 1), start))
