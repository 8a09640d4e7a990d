"""Bytes -> text, whatever the server, the page and the bytes themselves say of the charset; and broken text mended.

Trust goes: byte-order mark, then UTF-8 if the bytes are that (chance hardly makes it so), then what header and page
declare if it decodes and reads as text, then detection. A page that declares gb2312 means gb18030, latin-1
means windows-1252.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

import ftfy
from charset_normalizer import from_bytes

from core.text.charsets import SURE, east_asian, european_charset, in_script, mostly_utf8, usual

_WIDER = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "gb_2312-80": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "x-x-big5": "big5hkscs", "shift_jis": "cp932", "shift-jis": "cp932",
    "sjis": "cp932", "x-sjis": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "iso-8859-1": "cp1252",
    "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "windows-874": "cp874",
    "utf8": "utf-8",
}  # fmt: skip
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_MULTI = ("gb18030", "big5hkscs", "cp932", "cp949", "euc_jp", "iso2022_jp", "hz", "utf-8", "utf-16")
_EAST_ASIAN = ("gb18030", "big5hkscs", "cp932", "cp949", "euc_jp")
_HAN = re.compile("[\u4e00-\u9fff]")


def decode_text(data: bytes, content_type: str = "") -> tuple[str, str]:
    """Return (text, charset). Never raises: what fits nothing is read as the best guess with broken bytes replaced."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace"), name
    if b"\0" in data[:200] and data[:200].count(0) > len(data[:200]) // 4:
        name = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
        return data.decode(name, "replace"), name
    declared = _declared(data, content_type)
    if data.isascii():
        if "iso2022_jp" in declared or "hz" in declared:
            return data.decode(declared[0], "replace"), declared[0]
        return data.decode("ascii"), "utf-8"
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    for name in sorted(declared, key=lambda name: name not in _MULTI):  # multi-byte that decodes says more
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if _reads(text, name, data):
            return text, name
    for name in declared:  # declared, and broken in a few places only
        if name in _MULTI:
            text = data.decode(name, "replace")
            if text.count("\ufffd") * 200 < len(text) and _reads(text, name, data):
                return text, name
    return _detected(data, declared)


def _declared(data: bytes, content_type: str) -> list[str]:
    head = data[:4096]
    names = [match.group(1) for match in [_HEADER.search(content_type)] if match]
    names += [
        match.group(1).decode("ascii", "ignore") for match in (_XML.search(head), _META.search(head)) if match
    ]
    found: list[str] = []
    for name in names:
        plain = _WIDER.get(name.lower(), name.lower())
        try:
            codec = codecs.lookup(plain).name
        except LookupError:
            continue
        wide = _WIDER.get(codec, codec)
        if wide not in found:
            found.append(wide)
    return found


def _mostly_ascii(text: str) -> bool:
    return sum(char > "\x7f" for char in text) * 4 <= len(text)


def _reads(text: str, name: str, data: bytes) -> bool:
    """Whether what was declared gives text, and not characters that nobody writes."""
    if name in _EAST_ASIAN:
        if usual(text, name) >= SURE:
            return True
        other, sure = east_asian(data)
        return other in ("", name) or sure < SURE
    if name == "utf-8" and not mostly_utf8(data):
        return east_asian(data)[1] < SURE
    if name in _MULTI:
        return True
    return (_mostly_ascii(text) or in_script(text, name)) and east_asian(data)[1] < SURE


def _detected(data: bytes, declared: list[str]) -> tuple[str, str]:
    if mostly_utf8(data):
        return data.decode("utf-8", "replace"), "utf-8"
    if name := east_asian(data)[0] or european_charset(data):
        return data.decode(name, "replace"), name
    best = from_bytes(data[:64_000]).best()
    name = best.encoding if best is not None else (declared or ["cp1252"])[0]
    return data.decode(name, "replace"), name


_WIDTH: dict[int, int | str | None] = {
    code: code - 0xFEE0
    for span in ((0xFF10, 0xFF1A), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B))
    for code in range(*span)
}
_WIDTH |= {0x3000: 0x20, 0xA0: 0x20, 0x2007: 0x20, 0x202F: 0x20, 0xFF05: 0x25}
_WIDTH |= dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF, 0x200E, 0x200F), None)
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}
_TABLE: dict[int, int | str | None] = {**_WIDTH, **{ord(char): text for char, text in _LIGATURES.items()}}


def normalize_text(text: str) -> str:
    """Mojibake mended where certain; composed; full-width letters and digits half-width, odd spaces plain.

    Chinese punctuation keeps its width and traditional characters stay: the text stays as published.

    >>> normalize_text("ＡＢＣ１２３，涨３％"), normalize_text("The Â£5m dealâ€™s off")
    ('ABC123，涨3%', 'The £5m deal’s off')
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", repair_mojibake(text)).translate(_TABLE)


def repair_mojibake(text: str) -> str:
    """Text that was decoded wrongly, decoded rightly, if that is certain.

    >>> repair_mojibake("ÖÐ¹úÈËÃñÒøÐÐ")
    '中国人民银行'
    """
    if not _HAN.search(text):
        try:
            mended = text.encode("cp1252").decode("gb2312")
        except UnicodeError:
            mended = ""
        han = len(_HAN.findall(mended))
        if han >= 4 and han * 10 >= sum(char > "\x7f" for char in mended) * 7:
            return mended
    return ftfy.fix_encoding(text)
