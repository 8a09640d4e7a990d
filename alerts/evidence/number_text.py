"""Numbers as sentences, mails and pages write them."""

from __future__ import annotations

from alerts.evidence.vocabulary import Tongue

SHARES = ("negative_share",)
COUNTS = ("stories", "negative_stories", "articles", "publishers")


def figure(metric: str, value: float | None) -> str:
    """A metric's value as it is said: `73 %`, `12`, `-0.41`; NA where there is none."""
    if value is None:
        return "NA"
    if metric in SHARES:
        return f"{value * 100:.0f} %"
    if metric in COUNTS:
        return f"{value:.0f}" if abs(value - round(value)) < 0.05 or value >= 20 else f"{value:.1f}"
    return f"{value:+.2f}"


def of_a_window(name: str, value: float | None) -> str:
    """One of alerts/interfaces/figures.py as it is said: as `figure`, but a spread has no sign."""
    said = figure(name, value)
    return said.lstrip("+") if name == "dispersion" else said


def p_value(value: float | None) -> str:
    """`2e-4`; NA where there is none."""
    if value is None:
        return "NA"
    if value >= 0.001:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def many(number: int, one: str, more: str = "") -> str:
    """`1 story`, `3 stories`."""
    return f"{number} {one if number == 1 else more or one + 's'}"


def tiny(metric: str, expected: float | None) -> bool:
    """Whether an expected number is one that its figure would call 0, though something may always come."""
    return metric in COUNTS and expected is not None and figure(metric, expected) in ("0", "-0")


def less(tongue: Tongue) -> str:
    """How a tiny expected number is said."""
    return "不足 0.1" if tongue == "zh" else "less than 0.1"
