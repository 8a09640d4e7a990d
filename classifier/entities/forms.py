"""Tickers by their form: $AAPL, (NYSE: JPM), 600519.SH, （600519）, 00700.HK, JPM.N, AAPL US Equity, <IBM>."""

import re
from collections.abc import Container, Iterator
from typing import Final

_CASHTAG: Final = re.compile(r"(?<![\w$])\$([A-Z]{1,5}(?:[.\-/][A-Z])?)(?![\w])")
_US_EXCHANGE: Final = re.compile(
    r"\b(?:NYSE(?:\s?(?:American|Arca|MKT))?|NASDAQ(?:\s?[GC][SM])?|Nasdaq|AMEX|OTC(?:QB|QX|BB)?|CBOE)"
    r"\s?[:：]\s?\$?([A-Z]{1,5}(?:\.[A-Z])?)\b"
)
_ABROAD: Final = re.compile(
    r"\b(LSE|LON|TSX|TSE|FRA|ETR|EPA|SWX|ASX|NSE|BSE|KRX|OMX Helsinki|HEL|STO|CPH|TYO)\s?[:：]\s?([A-Z0-9]{1,10})\b"
)
_CHINA: Final = re.compile(r"(?<!\d)(\d{6})\.(?:SH|SZ|SS|BJ|XSHG|XSHE)\b|\b(?:SH|SZ|sh|sz)(\d{6})(?!\d)")
_CHINA_BRACKET: Final = re.compile(r"[（(【\[](?:[SsHhZz]{2})?[\s:：]?(\d{6})(?:\.(?:SH|SZ|SS|BJ))?[)）】\]]")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_NAMED: Final = re.compile(r"(?:^|[\s\"'])[A-Z][\w.&'-]*\s?$|^\s*$")
_HONG_KONG: Final = re.compile(
    r"(?<!\d)(\d{4,5})\.HK\b|\b(?:HKEX|SEHK|HKG|HK)\s?[:：]\s?(\d{1,5})\b|[（(](0\d{4})[)）]"
)
_REUTERS: Final = re.compile(r"(?<![\w.])([A-Z]{2,5})\.(N|O|L|PA|TO)(?![\w])(?!\.[A-Z])")
_BLOOMBERG: Final = re.compile(
    r"\b([A-Z]{1,5}(?:/[A-Z])?(?= (?!HK))|\d{1,5}(?= HK)) (US|LN|FP|GR|CN|HK) Equity\b"
)
_YELLOW: Final = {"US": "US", "LN": "UK", "FP": "FR", "GR": "DE", "CN": "CA", "HK": "HK"}
_WIRE: Final = re.compile(r"<([A-Z]{1,5}(?:\.[A-Z]{1,2})?)>")
_SPARE: Final = frozenset(
    ("BTC", "ETH", "XRP", "DOGE", "SOL", "ADA", "USDT", "LTC", "BNB", "SHIB", "USD", "EUR")
)
"""Cashtags of coins and currencies, which are no companies."""
_COUNTRY: Final = {
    "LSE": "UK", "LON": "UK", "TSX": "CA", "TSE": "CA", "FRA": "DE", "ETR": "DE", "EPA": "FR", "SWX": "CH",
    "ASX": "AU", "NSE": "IN", "BSE": "IN", "KRX": "KR", "OMX Helsinki": "FI", "HEL": "FI", "STO": "SE",
    "CPH": "DK", "TYO": "JP",
}  # fmt: skip
_SUFFIX: Final = {
    "O": "US",
    "N": "US",
    "A": "US",
    "TO": "CA",
    "L": "UK",
    "S": "CH",
    "F": "DE",
    "PA": "FR",
    "T": "JP",
}
"""Exchange suffixes of the wires: <IBM>, <SGC.TO>, <BP.L>."""


def tickers(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (entity id, start, end) of every ticker written in a form that leaves no doubt."""
    for m in _CASHTAG.finditer(text):
        if m[1] not in _SPARE:
            yield f"US:{re.sub('[-/]', '.', m[1])}", m.start(), m.end()
    for m in _US_EXCHANGE.finditer(text):
        yield f"US:{m[1]}", m.start(1), m.end(1)
    for m in _ABROAD.finditer(text):
        country = (
            "JP" if m[1] == "TSE" and m[2].isdigit() else _COUNTRY[m[1]]
        )  # Tokyo's codes are numbers, Toronto's not
        yield f"{country}:{m[2]}", m.start(2), m.end(2)
    for m in _REUTERS.finditer(text):
        yield f"{_SUFFIX[m[2]]}:{m[1]}", m.start(), m.end()
    for m in _BLOOMBERG.finditer(text):
        code = m[1].replace("/", ".")
        yield (
            f"{_YELLOW[m[2]]}:{int(code):05d}" if m[2] == "HK" else f"{_YELLOW[m[2]]}:{code}",
            m.start(),
            m.end(),
        )
    han = _HAN.search(text) is not None
    for pattern in (_CHINA, _CHINA_BRACKET):
        for m in pattern.finditer(text):
            # In English six digits in brackets are a number, unless they stand behind a name: Moutai (600519).
            if (
                pattern is _CHINA_BRACKET
                and not han
                and m[0][1:-1].isdigit()
                and not _NAMED.search(text[: m.start()])
            ):
                continue
            group = next(i for i in range(1, len(m.groups()) + 1) if m[i])
            code = m[group]
            if code[0] in "03689" or code[:2] in ("20", "43"):
                yield f"CN:{code}", m.start(group), m.end(group)
    for m in _HONG_KONG.finditer(text):
        group = next(i for i in (1, 2, 3) if m[i])
        yield f"HK:{int(m[group]):05d}", m.start(group), m.end(group)
    for m in _WIRE.finditer(text):
        code, _, suffix = m[1].partition(".")
        if not suffix:
            yield f"US:{code}", m.start(1), m.end(1)
        elif suffix in _SUFFIX:
            yield f"{_SUFFIX[suffix]}:{code}", m.start(1), m.end(1)


_LOOSE: Final = re.compile(r"(?<![\w$#])(?:[$#]([A-Za-z]{2,5})|([A-Z]{4,5}))(?![\w.\-])")
_WORDS: Final = frozenset(
    ("COST", "SPOT", "SNAP", "PINS", "SNOW", "SHOP", "HOOD", "COIN", "META", "DELL", "EBAY", "BILI")
)
"""Tickers that are also words in capitals."""


def known_tickers(text: str, known: Container[str]) -> Iterator[tuple[str, int, int]]:
    """Yield (entity id, start, end) of looser forms, $tsla, #TSLA and a bare NVDA, of companies on a list only.

    A bare one needs four letters, and a text that is not all capitals.
    """
    shouted = text.isupper()
    for m in _LOOSE.finditer(text):
        code = (m[1] or m[2]).upper()
        if m[2] and (shouted or code in _WORDS):
            continue
        if code not in _SPARE and f"US:{code}" in known:
            yield f"US:{code}", m.start(), m.end()
