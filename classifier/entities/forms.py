"""Tickers by their form: $AAPL, (NYSE: JPM), 600519.SH, （股票代码：600519）, 00700.HK, JPM.N, AAPL US Equity, <IBM>.

How exchanges are written stands in exchanges.yaml. Full-width signs are read as plain ones (fold.py).
"""

import re
from collections.abc import Callable, Container, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

Ticker = tuple[str, int, int, int]
"""(entity id, start, end, from where on the text is spoken for: the exchange's name before it is no company)."""
_EXCHANGES: Final = Path(__file__).with_name("exchanges.yaml")
_TABLE: Final[dict[str, Any]] = yaml.safe_load(_EXCHANGES.read_text(encoding="utf-8"))
_WORDS: Final = frozenset(_TABLE["words"])


def _flat(part: str) -> dict[str, str]:
    """{how the exchange is written: country}; the first country wins, save that digits decide (TSE, BSE)."""
    return {name: country for country, names in reversed(_TABLE[part].items()) for name in names}


def _any(names: Any) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


_BEFORE: Final = _flat("before")
_BEHIND: Final = _flat("behind")
_WIRES: Final = _flat("wire")
_BESIDE: Final = _flat("beside")
_CODE: Final = r"\$?[A-Z0-9](?:[A-Z0-9&]{0,10}[A-Z0-9])?(?:[.\-/][A-Z]{1,2})?(?![\w&]|[.,]\d)"
_CASHTAG: Final = re.compile(r"(?<![\w$])\$([A-Z]{1,5})(?:([.\-/])([A-Z]{1,2}))?(?!\w)")
_NEXT: Final = r"[A-Z0-9][\w.\-]*(?: [A-Z]\w*){0,2}\s?:"
"""The next exchange's name (TSX-V: FOO, OTC Pink: FOOX), known to us or not: no further code of this one."""
_AT: Final = re.compile(
    rf"(?<![A-Za-z0-9])({_any(_BEFORE)})\s?:\s?({_CODE})((?:\s?[,/;]\s?(?!{_NEXT}){_CODE})*)"
)
_ALSO: Final = re.compile(r"\s*(?:[,/;|&]|and|[和及、])?\s*")
"""Between two exchanges in the same brackets."""
_SUFFIXED: Final = re.compile(
    rf"(?<![\w.$])(?:([A-Z]{{2,10}})[.:]({_any(_BEHIND)})|(\d{{4,6}})[.:](TWO|TW|T|KS|KQ))(?!\w|\.[A-Z])"
)
_SIX: Final = re.compile(
    r"(?<![\d.])(\d{6})(?:\.|\s?,\s?)?(?:SH|SZ|SS|BJ|XSHG|XSHE|sh|sz|ss|bj)(?![A-Za-z])"
    r"|(?<![A-Za-z])(?:SH|SZ|BJ|sh|sz|bj)[.:]?(\d{6})(?!\d)|代码\s?(?:为|是)?\s?[:为]?\s?(\d{6})(?!\d)"
)
_SIX_BRACKET: Final = re.compile(r"[(\[]\s?(?:[A-Za-z]{2})?[\s:]?(\d{6})(?:\.(?:SH|SZ|SS|BJ))?\s?[)\]]")
_HONG_KONG: Final = re.compile(
    r"(?<![\d.])(\d{3,5})\.(?:HK|hk)(?!\w)|[(](0\d{4})[)]|代码\s?[:为]?\s?(0\d{4})(?!\d)"
)
_SHARE_CLASS: Final = re.compile(r"[-/]")
_DIGITS: Final = re.compile(r"\d{3}")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_NAMED: Final = re.compile(r"(?:^|[\s\"'])[A-Z][\w.&'-]*\s?$|^\s*$")
_NO_NAME: Final = re.compile(r"[率共约为达计额数号价量占超过近亿万元%]\s?$")
"""Right before a number in brackets: the number counts something."""
_COUNTED: Final = re.compile(r"\s?[元人万亿股户家个吨倍点]")
_BLOOMBERG: Final = re.compile(
    rf"\b([A-Z]{{1,5}}(?:/[A-Z])?(?= (?!HK))|\d{{1,5}}(?= (?:HK|JP))) ({_any(_BESIDE)}) Equity\b"
)
_WIRE: Final = re.compile(r"<([A-Z]{1,5}(?:\.[A-Z]{1,2})?)>")
_SPARE: Final = frozenset(
    ("BTC", "ETH", "XRP", "DOGE", "SOL", "ADA", "USDT", "LTC", "BNB", "SHIB", "USD", "EUR")
)
"""Cashtags of coins and currencies, which are no companies."""


def identity(country: str, code: str) -> str:
    """Return a company's id: one way to write share classes (BRK-B, BRK/B) and numbers (700, 0700).

    >>> identity("US", "BRK-B"), identity("HK", "700"), identity("IN", "M&M")
    ('US:BRK.B', 'HK:00700', 'IN:M_M')
    """
    code = _SHARE_CLASS.sub(".", code) if country == "US" else code.replace("&", "_")
    return f"HK:{int(code):05d}" if country == "HK" and code.isdigit() else f"{country}:{code}"


def _cashtags(text: str) -> Iterator[Ticker]:
    for m in _CASHTAG.finditer(text):
        code, sign, tail = m.groups()
        if code in _SPARE:
            continue
        if tail and (len(tail) == 2 or tail in "LTV") and sign == "." and tail in _BEHIND:
            yield identity(_BEHIND[tail], code), m.start(), m.end(), m.start()
        elif tail and len(tail) == 2:  # no exchange that we know: "$AAPL.It"
            continue
        else:
            yield f"US:{code}.{tail}" if tail else f"US:{code}", m.start(), m.end(), m.start()


def _country(exchange: str, code: str) -> str:
    """Tokyo's codes are numbers and Toronto's not; Bombay's are, and Beijing's begin with 4, 8 or 9."""
    country = _BEFORE[exchange]
    if exchange == "TSE":
        return "JP" if code[0].isdigit() else "CA"
    if exchange == "BSE":
        return "CN" if len(code) == 6 and code.isdigit() and code[:2] in ("43", "83", "87", "92") else "IN"
    return country


def _at_exchange(text: str) -> Iterator[Ticker]:
    bracketed, last = False, 0
    for m in _AT.finditer(text):
        bracketed = text[: m.start()].rstrip()[-1:] in ("(", "[") or (
            bracketed and _ALSO.fullmatch(text, last, m.start()) is not None
        )
        last = m.end()
        start, end = m.span(2)
        first = m[2].lstrip("$")
        if (first in _WORDS and len(first) > 1 and not bracketed and text[start - 1] != ":") or not _fits(
            _country(m[1], first), first
        ):
            continue
        yield identity(_country(m[1], first), first), start, end, m.start()
        if bracketed:  # (NASDAQ: GOOG, GOOGL)
            for other in re.finditer(_CODE, m[3]):
                code = other[0].lstrip("$")
                if _fits(_country(m[1], code), code):
                    yield (
                        identity(_country(m[1], code), code),
                        m.start(3) + other.start(),
                        m.start(3) + other.end(),
                        m.start(),
                    )


def _fits(country: str, code: str) -> bool:
    """Whether the exchanges of `country` have codes that look so."""
    if country == "CN":
        return len(code) == 6 and code.isdigit()
    if country == "HK":
        return len(code) <= 5 and code.isdigit()
    if country == "US":
        return code[0].isalpha() and len(code) <= 7 and not any(c.isdigit() for c in code)
    return (2 <= len(code) <= 10 and any(c.isalpha() for c in code)) or (
        code.isdigit() and 4 <= len(code) <= 6
    )


def _suffixed(text: str) -> Iterator[Ticker]:
    for m in _SUFFIXED.finditer(text):
        code, suffix = (m[1], m[2]) if m[1] else (m[3], m[4])
        country = _BEHIND[suffix]
        if len(code) <= (10 if country == "IN" else 5) or code.isdigit():
            yield identity(country, code), m.start(), m.end(), m.start()


def _bloomberg(text: str) -> Iterator[Ticker]:
    for m in _BLOOMBERG.finditer(text):
        yield identity(_BESIDE[m[2]], m[1]), m.start(), m.end(), m.start()


def _china(text: str) -> Iterator[Ticker]:
    for m in _SIX.finditer(text):
        group = m.lastindex or 1
        if _listed(m[group]):
            yield f"CN:{m[group]}", m.start(group), m.end(group), m.start()
    han = _HAN.search(text) is not None
    for m in _SIX_BRACKET.finditer(text):
        if not _listed(m[1]):
            continue
        # In English six digits in brackets are a number, unless they stand behind a name: Moutai (600519).
        if m[0][1:-1].strip().isdigit() and (
            (not han and not _NAMED.search(text[: m.start()]))
            or _NO_NAME.search(text, max(0, m.start() - 2), m.start())
            or _COUNTED.match(text, m.end())
        ):
            continue
        yield f"CN:{m[1]}", m.start(1), m.end(1), m.start()
    for m in _HONG_KONG.finditer(text):
        group = m.lastindex or 1
        yield f"HK:{int(m[group]):05d}", m.start(group), m.end(group), m.start()


def _listed(code: str) -> bool:
    """Whether shares have codes that begin so."""
    return code[0] in "03689" or code[:2] in ("20", "43")


def _wires(text: str) -> Iterator[Ticker]:
    for m in _WIRE.finditer(text):
        code, _, suffix = m[1].partition(".")
        if not suffix:
            yield f"US:{code}", m.start(1), m.end(1), m.start(1)
        elif suffix in _WIRES:
            yield f"{_WIRES[suffix]}:{code}", m.start(1), m.end(1), m.start(1)


_READERS: Final[tuple[tuple[Callable[[str], bool], Callable[[str], Iterator[Ticker]]], ...]] = (
    (lambda text: "$" in text, _cashtags),
    (lambda text: ":" in text, _at_exchange),
    (lambda text: "." in text or ":" in text, _suffixed),
    (lambda text: " Equity" in text, _bloomberg),
    (lambda text: _DIGITS.search(text) is not None, _china),
    (lambda text: "<" in text and "</" not in text, _wires),
)
"""(whether a text can have one, cheaply; the reader)."""


def explicit_tickers(text: str) -> Iterator[Ticker]:
    """Yield every ticker of a folded text that is written in an unambiguous form; no two overlap."""
    taken: list[tuple[int, int]] = []
    for possible, reader in _READERS:
        if possible(text):
            for one in reader(text):
                if not any(one[1] < end and start < one[2] for start, end in taken):
                    taken.append((one[1], one[2]))
                    yield one


_LOOSE: Final = re.compile(
    r"(?<![\w$#])(?:[$#]([A-Za-z]{2,5})(?![\w\-]|\.\w)|([A-Z]{4,5})(?![\w\-]|\.\w)|[(\[]\s?([A-Z]{2,5}(?:[.\-][A-Z])?)\s?[)\]])"
)
_SPOKEN: Final = frozenset(
    ("COST", "SPOT", "SNAP", "PINS", "SNOW", "SHOP", "HOOD", "COIN", "META", "DELL", "EBAY", "BILI")
)
"""Tickers that are also words in capitals."""
_BEFORE_BRACKET: Final = re.compile(r"(?:^|[\s\"'])[A-Z][\w.&'!-]*,?\s?$")


def known_tickers(
    text: str,
    known: Container[str],
    bare: Container[str] | None = None,
    spoken: Container[str] = frozenset(),
) -> Iterator[tuple[str, int, int]]:
    """Yield (entity id, start, end) of looser forms, $tsla, #TSLA, a bare NVDA and Nikola (NKLA), of listed companies.

    A bare one needs four letters, a text that is not all capitals, to be in `bare` (default: `known`) and no word of
    `spoken` (in small letters).
    """
    shouted = text.isupper()
    for m in _LOOSE.finditer(text):
        group = m.lastindex or 1
        code = m[group].upper()
        if group == 2 and (shouted or code in _SPOKEN or code in _WORDS or code.lower() in spoken):
            continue
        if group == 1 and text[m.start()] == "#" and code.lower() in spoken:
            continue
        if group == 3 and (code in _WORDS or _initials(text, m.start(), code)):
            continue
        entity = identity("US", code)
        if code not in _SPARE and entity in (bare if group == 2 and bare is not None else known):
            yield entity, m.start(group), m.end(group)


def _initials(text: str, at: int, code: str) -> bool:
    """Whether what stands in brackets shortens the words before it, or stands behind no name at all."""
    if not _BEFORE_BRACKET.search(text, max(0, at - 40), at):
        return True
    words = re.findall(r"[A-Z]\w*", text[max(0, at - 80) : at])
    return len(code) >= 2 and "".join(w[0] for w in words[-len(code) :]).upper() == code


@lru_cache(1)
def written() -> str:
    """What a change of the forms changes: the table and every pattern."""
    return _EXCHANGES.read_text(encoding="utf-8") + "".join(
        p.pattern
        for p in (_CASHTAG, _AT, _SUFFIXED, _SIX, _SIX_BRACKET, _HONG_KONG, _BLOOMBERG, _WIRE, _LOOSE)
    )
