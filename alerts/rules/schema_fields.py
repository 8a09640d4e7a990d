"""Types of the fields of rules.yaml: globs, names, spans of time, rates, routes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from alerts.windows.globs import check_glob
from core.settings import Span
from core.times import DAY, MINUTE, format_span

Metric = Literal[
    "negative_share", "mean_sentiment", "net_sentiment", "dispersion", "stories", "articles", "publishers"
]
"""Figures that a rule can watch. Shares and means are over stories (n = stories not abstained on)."""

Glob = Annotated[str, AfterValidator(check_glob)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def _within(least: int, most: int) -> AfterValidator:
    """Validates a span of time from `least` to `most` (milliseconds)."""

    def check(value: int) -> int:
        if not least <= value <= most:
            between = f"between {format_span(least)} and" if least else "of at most"
            raise ValueError(f"expected a span {between} {format_span(most)}")
        return value

    return AfterValidator(check)


LONGEST = 60 * DAY
Duration = Annotated[Span, _within(0, LONGEST)]
Interval = Annotated[Span, _within(MINUTE, LONGEST)]
"""At least as long as a pane: a shorter window holds nothing, and a shorter reminder repeats at once."""


def rate(value: object) -> object:
    """Return a rate as a number a week: of `2/week`, `0.5/week`, `1/day` or a bare number (a week)."""
    if not isinstance(value, str):
        return value
    number, slash, unit = value.partition("/")
    times = {"week": 1.0, "day": 7.0, "month": 7 / 30.4375, "": 1.0}.get(unit.strip() if slash else "")
    try:
        if times is None:
            raise ValueError
        return float(number) * times
    except ValueError:
        raise ValueError("expected a rate such as 1/week, 0.5/week or 2/day") from None


Route = dict[Literal["low", "medium", "high", "critical", "default"], list[str]]
"""Names of channels by severity; `*`: every channel; an empty list: nobody."""
