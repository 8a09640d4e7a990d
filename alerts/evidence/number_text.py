"""Numbers as sentences, mails and pages write them."""

from __future__ import annotations

from alerts.evidence.vocabulary import DisplayLanguage

SHARES = ("negative_share",)
COUNTS = ("stories", "negative_stories", "articles", "publishers")


def figure(metric: str, value: float | None) -> str:
    """Return a metric's value as text: `73 %`, `12`, `-0.41`; `NA` for None. Shares are given from 0 to 1."""
    if value is None:
        return "NA"
    if metric in SHARES:
        return f"{value * 100:.0f} %"
    if metric in COUNTS:
        return f"{value:.0f}" if abs(value - round(value)) < 0.05 or value >= 20 else f"{value:.1f}"
    return f"{value:+.2f}"


def window_figure(name: str, value: float | None) -> str:
    """Return a figure of alerts/interfaces/figures.py as text: as `figure`, but a dispersion has no sign."""
    text = figure(name, value)
    return text.lstrip("+") if name == "dispersion" else text


def p_value(value: float | None) -> str:
    """Return a p-value as text: `0.012`, `2e-4`; `NA` for None."""
    if value is None:
        return "NA"
    if value >= 0.001:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def many(number: int, one: str, more: str = "") -> str:
    """Return the number with its noun: `1 story`, `3 stories`."""
    return f"{number} {one if number == 1 else more or one + 's'}"


def tiny(metric: str, expected: float | None) -> bool:
    """Return whether an expected count would be written as 0, though it never is exactly 0."""
    return metric in COUNTS and expected is not None and figure(metric, expected) in ("0", "-0")


def less(lang: DisplayLanguage) -> str:
    """Return the text of a tiny expected count: `less than 0.1`."""
    return "不足 0.1" if lang == "zh" else "less than 0.1"
