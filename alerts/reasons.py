"""What people write beside an action: plain text, and a reason that says something."""

from __future__ import annotations

from alerts.errors import InvalidArgument


def check_text(**said: str) -> None:
    """Raises InvalidArgument for text that no store takes: a NUL, or what was no UTF-8 where it was typed."""
    for name, text_said in said.items():
        try:
            text_said.encode()
            fits = "\x00" not in text_said
        except UnicodeEncodeError:
            fits = False
        if not fits:
            raise InvalidArgument(name, "it cannot be kept (expected plain text in UTF-8)", text_said)


SHORTEST_REASON = 3
NO_REASON = f"say in a few words why ({SHORTEST_REASON} characters or more)"


def check_reason(reason: str) -> str:
    """The reason, with single blanks. Raises InvalidArgument where it says nothing, for API and command line alike.

    >>> check_reason(" too  soon "), check_reason("误报")
    ('too soon', '误报')
    """
    said = " ".join(reason.split())
    # A Chinese character says about as much as two letters.
    if sum(2 if char >= "\u2e80" else 1 for char in said) < SHORTEST_REASON:
        raise InvalidArgument("reason", NO_REASON)
    return said


def reason_field(text: str) -> str:
    """The reason as `check_reason` gives it, for models: raises ValueError in its words."""
    try:
        return check_reason(text)
    except InvalidArgument as error:
        raise ValueError(error.said) from None
