"""Text as published, made safe to carry: no control characters, no lone surrogates, valid UTF-8."""

from __future__ import annotations

_CONTROLS = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D)) + b"\x7f"
_EMPTY = frozenset(("nan", "null", "nat", "\\n", "none", "n/a"))


def clean(value: object) -> str:
    """Return the value as stripped text without control characters (tab and line breaks stay), valid as UTF-8.

    Empty for None and NaN. Bytes are decoded, and invalid ones replaced; other values become `str(value)`.

    >>> clean(" a\\x00b\\n ")
    'ab'
    """
    if not isinstance(value, str):
        if value is None or value != value:  # NaN is how frames write nothing
            return ""
        value = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    text = value.strip()
    if text.isprintable():  # the common case, at the speed of C: no controls, no surrogates, no line breaks
        return text
    try:
        data = text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode(
            "utf-16", "replace"
        )  # pairs join, the lone are replaced
        data = text.encode()
    kept = data.translate(None, _CONTROLS)
    return text if len(kept) == len(data) else kept.decode("utf-8", "replace").strip()


def empty_word(text: str) -> bool:
    """Return whether the text is a table's word for a missing value, in any case: nan, null, NaT, none, n/a or \\N.

    False for an empty text.
    """
    return len(text) <= 4 and text.lower() in _EMPTY


def is_non_text(value: object) -> bool:
    """Return whether the value cannot be read as text: a list, tuple, set, dict or bool. A number can."""
    return isinstance(value, (list, tuple, dict, set, bool))


def non_text_detail(name: str, value: object) -> str:
    """Return the detail of a dead letter whose field `name` holds no text.

    >>> non_text_detail("title", ["a"])
    'title: expected text, got list'
    """
    return f"{name}: expected text, got {type(value).__name__}"
