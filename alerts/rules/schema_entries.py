"""The schema of rules: window rules, immediate rules and outage rules as rules.yaml has them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from alerts.detectors.registry import FIXED_THRESHOLD_KIND
from alerts.records import SEVERITIES, Severity
from alerts.rules.schema_fields import Duration, Glob, Interval, Metric, Name, Route, Share, rate
from alerts.windows.globs import matches
from core.records import TOPICS
from core.settings import Section
from core.times import HOUR, MINUTE


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
    budget: Annotated[float, BeforeValidator(rate), Field(gt=0, le=10_000, allow_inf_nan=False)] = 1.0
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
