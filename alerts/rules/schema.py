"""The schema of rules.yaml: every key, its type and its default, checked by pydantic.

alerts/rules/loading.py makes the frozen rules that a desk runs. Faults name file and line (core/yamlfile.py).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from alerts.detectors.registry import FIXED_THRESHOLD_KIND
from alerts.reasons import reason_field
from alerts.records import SEVERITIES, Severity
from alerts.rules.maintenance import MaintenanceWindow, parse_maintenance
from alerts.windows.globs import check_glob, matches
from core.records import TOPICS
from core.settings import Section, Span
from core.times import DAY, HOUR, MINUTE, format_span

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


def _rate(value: object) -> object:
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


class DetectorEntry(Section):
    """Which detector, and its parameters (docs/rules.md lists them by kind)."""

    model_config = Section.model_config | {"extra": "allow"}
    kind: str

    def params(self) -> dict[str, Any]:
        """Return the keys beside `kind`."""
        return dict(self.model_extra or {})


class MinimumEvidence(Section):
    """The minimum of evidence that an alert needs."""

    articles: int = Field(1, ge=0, le=100_000)
    stories: int = Field(3, ge=0, le=100_000)
    publishers: int = Field(1, ge=0, le=10_000)
    negative_publishers: int = Field(0, ge=0, le=10_000)
    """Publishers of at least one of the window's negative stories: publishers of other news add no breadth."""
    stories_beside_one: int = Field(0, ge=0, le=100_000)
    """Stories without those that the busiest publisher alone published: no single outlet may cause an alert."""


class Resolution(Section):
    """When a firing alert ends: the statistic stays below `below` × threshold for `after` (hysteresis)."""

    below: Share = 0.7
    after: Duration = 30 * MINUTE


def _ladder(value: dict[Severity, float]) -> dict[Severity, float]:
    rungs = [value[name] for name in SEVERITIES if name in value]
    if not rungs:
        raise ValueError("expected at least one severity")
    if rungs[0] > 1:
        raise ValueError("the lowest severity must begin at 1 (the threshold itself) or below")
    if rungs != sorted(set(rungs)):
        raise ValueError("severities must rise: low < medium < high < critical")
    return value


class WindowEntry(Section):
    """A rule over windows: what it watches, when it fires, whom it notifies."""

    name: Name
    about: str = ""
    enabled: bool = True
    series: list[Glob] = []
    exclude: list[Glob] = []
    watch_list: str | None = None
    window: Interval = HOUR
    metric: Metric | None = None
    """Left out: what the detector watches."""
    direction: Literal["up", "down", "both"] | None = None
    """Left out: the detector's own."""
    detector: Annotated[
        DetectorEntry, BeforeValidator(lambda value: {"kind": value} if isinstance(value, str) else value)
    ]
    minimum: MinimumEvidence = MinimumEvidence()
    hold: Duration = 0
    resolve: Resolution = Resolution()
    severities: Annotated[dict[Severity, Annotated[float, Field(ge=0)]], AfterValidator(_ladder)] = {
        "low": 1.0,
        "medium": 1.5,
        "high": 2.0,
        "critical": 3.0,
    }
    budget: Annotated[float, BeforeValidator(_rate), Field(gt=0, le=10_000, allow_inf_nan=False)] = 1.0
    threshold: float | None = Field(None, allow_inf_nan=False)
    route: Route | None = None
    group_by: list[Literal["rule", "entity", "topic", "sector", "series"]] = []

    @model_validator(mode="before")
    @classmethod
    def _imply_static(cls, data: Any) -> Any:
        # A fixed threshold is a detector of its own: a rule with a threshold and no detector means it.
        if isinstance(data, dict) and "detector" not in data and data.get("threshold") is not None:
            data = {**data, "detector": FIXED_THRESHOLD_KIND}
        return data


class ImmediateEntry(Section):
    """One article is enough: decided on arrival, each article by itself."""

    name: Name
    about: str = ""
    enabled: bool = True
    entities: list[str] = []
    watch_list: str | None = None
    topics: list[str] = []
    languages: list[str] = []
    sentiment: Literal["negative", "positive", "any"] = "negative"
    min_probability: Share = 0.9
    min_topic_probability: Share = 0.5
    min_relevance: Share = 0.5
    min_trust: Share = 0.0
    severity: Severity = "medium"
    route: Route | None = None

    @model_validator(mode="after")
    def _require_a_condition(self) -> ImmediateEntry:
        if not (self.entities or self.topics or self.watch_list):
            raise ValueError("expected entities, topics or a watch_list: else every article is an alert")
        for topic in self.topics:
            if not any(matches(topic, name) for name in TOPICS):
                raise ValueError(f"no topic is called {topic!r}; known: {', '.join(TOPICS)}")
        return self


class OutageEntry(Section):
    """A rule on sources that fall silent or break: it raises outages, never market alerts."""

    name: Name
    about: str = ""
    enabled: bool = True
    kind: Literal["source_silent", "source_broken"]
    sources: list[str] = Field(["*"], min_length=1)
    """Globs over the names of sources."""
    exclude: list[str] = []
    hold: Duration = 10 * MINUTE
    resolve_after: Duration = 10 * MINUTE
    severity: Severity = "medium"
    route: Route | None = None


class Matcher(Section):
    """Chooses alerts, for inhibition and maintenance; what is left out matches all."""

    rule: str = "*"
    series: Glob = "**"
    severity: list[Severity] = []


class Inhibition(Section):
    """While an alert of `by` fires, alerts of `what` notify nobody (they are still decided and shown)."""

    by: Matcher
    what: Matcher


class Escalation(Section):
    """Where nobody acknowledges within `after`, the channels `to` are notified too."""

    after: Interval
    to: list[str] = Field(min_length=1)
    severity: Severity = "high"
    """From this severity on."""


class Reminders(Section):
    """Reminders while an alert fires unacknowledged: after `first`, then × `factor`, at most `most` apart."""

    first: Interval = 4 * HOUR
    factor: float = Field(2.0, ge=1, le=10)
    most: Interval = 2 * DAY
    times: int = Field(5, ge=0, le=100)

    @model_validator(mode="after")
    def _check_order(self) -> Reminders:
        if self.most < self.first:
            raise ValueError(
                "`most` is less than `first`: reminders would come closer, not remaining_faults apart"
            )
        return self


class MaintenanceEntry(Section):
    """A time at which alerts that match notify nobody: once (`starts`, `ends`) or each week (`weekly`)."""

    name: Name
    what: Matcher = Matcher()
    starts: str | None = None
    ends: str | None = None
    weekly: str | None = None
    """`Sat 22:00 - Sun 04:00`."""
    timezone: str = "UTC"
    reason: Annotated[str, AfterValidator(reason_field), Field(json_schema_extra={"minLength": 2})]
    """Three characters or more, of which a Chinese one counts as two, as for every action of a person."""

    @model_validator(mode="after")
    def _check_times(self) -> MaintenanceEntry:
        self.window()
        return self

    def window(self) -> MaintenanceWindow:
        """Return the time at which the entry holds."""
        return parse_maintenance(self.starts, self.ends, self.weekly, self.timezone)


class Notify(Section):
    """Whom alerts notify, when, and how often."""

    route: Route = {"default": ["*"]}
    again: Reminders = Reminders()
    escalate: list[Escalation] = []
    most_per_hour: int = Field(60, ge=1, le=10_000)
    """A channel's messages an hour; more are folded into a digest, none is lost."""
    stale_after: Span | None = None
    """An alert decided longer ago than this (a backlog) is kept and not sent; left out: all are sent."""


class RulesFile(Section):
    """rules.yaml as a whole."""

    watch_lists: dict[Name, list[str]] = {}
    sectors: dict[Name, list[str]] = {}
    """Sector -> its companies, for `sector_divergence` and `group_by: [sector]`; a company is in one at most."""
    trust: dict[str, Share] = {}
    default_trust: Share = 0.5
    rules: list[WindowEntry] = []
    immediate: list[ImmediateEntry] = []
    outages: list[OutageEntry] = []
    notify: Notify = Notify()
    inhibit: list[Inhibition] = []
    maintenance: list[MaintenanceEntry] = []

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_sections(cls, data: Any) -> Any:
        # A section of which all lines are commented out is null in YAML: it counts as left out.
        return (
            {key: value for key, value in data.items() if value is not None}
            if isinstance(data, dict)
            else data
        )
