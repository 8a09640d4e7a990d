"""Checks of the text that people give with an action: plain text, and a reason that is not empty."""

from __future__ import annotations

from alerts.errors import InvalidArgument


def check_text(**texts: str) -> None:
    """Check texts by argument name. Raises InvalidArgument for one that no store accepts: a NUL, or invalid UTF-8."""
    for name, text in texts.items():
        try:
            text.encode()
            fits = "\x00" not in text
        except UnicodeEncodeError:
            fits = False
        if not fits:
            raise InvalidArgument(name, "it cannot be kept (expected plain text in UTF-8)", text)


SHORTEST_REASON = 3
NO_REASON = f"say in a few words why ({SHORTEST_REASON} characters or more)"


def check_reason(reason: str) -> str:
    """Return the reason with single blanks. Raises InvalidArgument where it has fewer than three characters.

    >>> check_reason(" too  soon "), check_reason("误报")
    ('too soon', '误报')
    """
    text = " ".join(reason.split())
    # A Chinese character says about as much as two letters.
    if sum(2 if char >= "\u2e80" else 1 for char in text) < SHORTEST_REASON:
        raise InvalidArgument("reason", NO_REASON)
    return text


def reason_field(text: str) -> str:
    """Return the reason as `check_reason` does, for pydantic models: raises ValueError with the same text."""
    try:
        return check_reason(text)
    except InvalidArgument as error:
        raise ValueError(error.requirement) from None
