"""Rules as the desk runs them: frozen, each with a version that follows from its content and nothing else.

A rule's version hashes what decides (series, window, detector, minima, hold, budget ...), not who is told
nor how it is described: re-routing an alert, a comment or white space changes no alert's id. The set's
version hashes all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from alerts.detectors import KINDS
from alerts.records import Severity
from alerts.rules.entry_validation import further
from alerts.rules.outages import OutageRule, outage_rule
from alerts.rules.schema import SEVERITIES, Immediate, Route, RulesFile, WindowRule, matches
from alerts.rules.sectors import BY_SECTOR, sectors_of
from alerts.rules.selection import names
from alerts.rules.validation import faults
from alerts.windows.series import entity_of, union
from core import yamlfile
from core.errors import ConfigError
from core.ids import digest
from core.records import UNIT_SCALE, ScoredArticle

DEFAULT = Path(__file__).parent / "rules_default.yaml"
_HOPS = 12
"""A window is looked at this many times over its length, but never more often than each pane."""


@dataclass(frozen=True)
class Rule:
    """One window rule. Times in milliseconds; `severities` rise: (name, ratio of statistic to threshold)."""

    id: str
    version: str
    about: str
    series: tuple[str, ...]
    exclude: tuple[str, ...]
    watch_list: str
    entities: frozenset[str]
    """Of the watch-list; empty: no watch-list."""
    window_ms: int
    metric: str
    direction: Literal["up", "down", "both"]
    detector: str
    params: Mapping[str, Any]
    min_articles: int
    min_stories: int
    min_publishers: int
    hold_ms: int
    resolve_below: float
    resolve_after_ms: int
    severities: tuple[tuple[Severity, float], ...]
    budget_per_week: float
    threshold: float | None
    """Static, on the statistic (kind `static`: on the metric itself); None: fitted to the budget."""
    route: Mapping[str, tuple[str, ...]]
    group_by: tuple[str, ...]
    content: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What decides, as in the file with all defaults: `version` is its hash."""
    sectors: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Company -> sector, of a rule that decides or groups by it."""
    former: tuple[str, ...] = field(default=(), repr=False, compare=False)
    """Versions that the same rule had while its detector computed earlier statistics."""
    min_negative_publishers: int = 0
    min_stories_beside_one: int = 0

    def matches(self, series: str) -> bool:
        """Whether the rule watches `series`."""
        if not self._wanted.fullmatch(series) or self._unwanted.fullmatch(series):
            return False
        if self.detector == BY_SECTOR and entity_of(series) not in self.sectors:
            return False
        return not self.watch_list or entity_of(series) in self.entities

    @cached_property
    def known_series(self) -> int | None:
        """How many series there can be for it to watch; None: it is open (alerts/rules/selection.py)."""
        companies = self.entities or (self.sectors if self.detector == BY_SECTOR else ())
        named = names(self.series, companies)
        return None if named is None else sum(map(self.matches, named))

    @cached_property
    def _wanted(self) -> re.Pattern[str]:
        return union(self.series)

    @cached_property
    def _unwanted(self) -> re.Pattern[str]:
        return union(self.exclude)

    def hop_ms(self, pane_ms: int) -> int:
        """How often the rule looks: max(pane, window / 12), in whole panes."""
        return max(1, math.ceil(self.window_ms / _HOPS / pane_ms)) * pane_ms

    def severity(self, statistic: float, threshold: float) -> Severity:
        """The highest rung that `statistic` reaches; the lowest, where it reaches none.

        Under 0 (a static threshold of a figure whose sign is turned) by distance: half the threshold's size above it
        is a ratio of 1.5, as it is over 0.
        """
        ratio = statistic / threshold if threshold > 0 else 2.0 - statistic / threshold
        reached = [name for name, rung in self.severities if ratio >= rung]
        return reached[-1] if reached else self.severities[0][0]

    def channels(self, severity: Severity) -> tuple[str, ...]:
        """Names of the channels that hear of an alert of this severity; `*` is every channel."""
        return _channels(self.route, severity)


@dataclass(frozen=True)
class ImmediateRule:
    """One article is enough. Shares in 1/10,000."""

    id: str
    version: str
    about: str
    entities: tuple[str, ...]
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    sentiment: Literal["negative", "positive", "any"]
    min_probability: int
    min_topic_probability: int
    min_relevance: int
    min_trust: int
    level: Severity
    route: Mapping[str, tuple[str, ...]]
    trust: Mapping[str, int] = field(repr=False)
    default_trust: int = UNIT_SCALE // 2
    content: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def match(self, article: ScoredArticle) -> str | None:
        """The series that the article is an alert of, or None. Depends on this article alone."""
        if self.languages and (article.language or article.article.language) not in self.languages:
            return None
        if trust_of(self.trust, self.default_trust, article.article.publisher) < self.min_trust:
            return None
        topics = sorted(
            (-probability, name)
            for name, probability in article.topics.items()
            if probability >= self.min_topic_probability
            and (not self.topics or any(matches(glob, name) for glob in self.topics))
        )
        if self.topics and not topics:
            return None
        if not self.entities:
            return f"topic:{topics[0][1]}" if topics and self._felt(article) else None
        found = sorted(
            (-mention.relevance, mention.entity)
            for mention in article.mentions
            if mention.relevance >= self.min_relevance
            and any(matches(glob, mention.entity) for glob in self.entities)
            and self._felt(mention)
        )
        if not found:
            return None
        return f"entity:{found[0][1]}" + (f"/topic:{topics[0][1]}" if self.topics else "")

    def _felt(self, what: Any) -> bool:
        if self.sentiment == "any":
            return True
        if what.abstained:
            return False
        return getattr(what, f"p_{self.sentiment}") >= self.min_probability

    def channels(self, severity: Severity) -> tuple[str, ...]:
        """Names of the channels that hear of an alert of this severity; `*` is every channel."""
        return _channels(self.route, severity)


AnyRule = Rule | ImmediateRule | OutageRule


@dataclass(frozen=True)
class RuleSet:
    """All rules of a desk. `version` follows from the content; `source` is the YAML as it was."""

    version: str
    rules: tuple[Rule, ...]
    immediate: tuple[ImmediateRule, ...]
    watch_lists: Mapping[str, frozenset[str]]
    file: RulesFile = field(repr=False)
    """Routing, escalation, inhibition, maintenance: see alerts/rules/schema.py."""
    source: str = field(repr=False)
    name: str = ""
    outages: tuple[OutageRule, ...] = ()

    @cached_property
    def watched(self) -> frozenset[str]:
        """Entities of all watch-lists: those that have company×topic series."""
        return frozenset().union(*self.watch_lists.values())

    def rule(self, name: str) -> AnyRule:
        """The rule of that name. Raises KeyError."""
        known: tuple[AnyRule, ...] = (*self.rules, *self.immediate, *self.outages)
        for rule in known:
            if rule.id == name:
                return rule
        raise KeyError(name)

    def trust(self, publisher: str) -> int:
        """How far a publisher is trusted, 1/10,000."""
        return trust_of(
            {name: round(share * UNIT_SCALE) for name, share in self.file.trust.items()},
            round(self.file.default_trust * UNIT_SCALE),
            publisher,
        )


def trust_of(trust: Mapping[str, int], default: int, publisher: str) -> int:
    """The publisher's own trust, else the longest glob's that matches, else the default."""
    if publisher in trust:
        return trust[publisher]
    fitting = [glob for glob in trust if "*" in glob and matches(glob, publisher)]
    return trust[max(fitting, key=lambda glob: (len(glob), glob))] if fitting else default


def _channels(route: Mapping[str, tuple[str, ...]], severity: Severity) -> tuple[str, ...]:
    return route.get(severity, route.get("default", ("*",)))


def load_rules(path: Path | None = None) -> RuleSet:
    """The rules in `path`, or the built-in ones. Raises ConfigError naming file and line of every fault."""
    return parse_rules(yamlfile.read(path or DEFAULT), str(path) if path else "built-in rules")


def parse_rules(text: str, name: str) -> RuleSet:
    """The rules in YAML `text`; `name` stands in the faults. Raises ConfigError."""
    file = yamlfile.parse(text, RulesFile, name, further)
    if found := faults(file):
        placed = sorted(
            (yamlfile.line_of(text, where), f"{yamlfile.dotted(where)}: {what}") for where, what in found
        )
        raise ConfigError("\n".join(f"{name}:{line}: {complaint}" for line, complaint in placed))
    lists = {key: frozenset(names) for key, names in file.watch_lists.items()}
    return RuleSet(
        version=content_hash(_said(file)),
        rules=tuple(_rule(entry, file, lists) for entry in file.rules if entry.enabled),
        immediate=tuple(_immediate(entry, file, lists) for entry in file.immediate if entry.enabled),
        watch_lists=lists,
        file=file,
        source=text,
        name=name,
        outages=tuple(
            outage_rule(entry, content_hash, _routes(entry.route, file))
            for entry in file.outages
            if entry.enabled
        ),
    )


_LATER = ("negative_publishers", "stories_beside_one")
"""Minima of later releases: where they ask nothing, rules and sets keep the versions of before there were any."""


def _said(file: RulesFile) -> dict[str, Any]:
    """What the version of a set stands for."""
    said = file.model_dump(mode="json", exclude_none=True)
    for rule in said["rules"]:
        _as_before(rule["minimum"])
    return said


def _as_before(minimum: dict[str, Any]) -> None:
    for name in _LATER:
        if not minimum[name]:
            del minimum[name]


def content_hash(content: Any) -> str:
    """The version that follows from a content."""
    return digest("rules", msgspec.json.encode(content, order="sorted"), length=16)


_UNDECIDING = {"name", "about", "enabled", "route", "group_by"}


def _routes(own: Route | None, file: RulesFile) -> dict[str, tuple[str, ...]]:
    return {key: tuple(value) for key, value in (own or file.notify.route).items()}


def _params(entry: WindowRule) -> dict[str, Any]:
    """What the detector is made with: its own parameters, and the rule's direction and metric where it takes them."""
    takes = {field.name for field in fields(KINDS[entry.detector.kind].params)}
    given = {"direction": _direction(entry)} | ({"metric": entry.metric} if entry.metric else {})
    return {name: value for name, value in given.items() if name in takes} | entry.detector.params()


def _direction(entry: WindowRule) -> Literal["up", "down", "both"]:
    """The rule's, else what its detector is told, else the detector's own."""
    own = {field.name: field.default for field in fields(KINDS[entry.detector.kind].params)}
    told = entry.detector.params().get("direction") or own.get("direction", "up")
    return entry.direction or cast(Literal["up", "down", "both"], told)


def _metric(entry: WindowRule) -> str:
    """What the rule's figures are of: alerts/rules/validation.py sees to it that all who say it say the same."""
    told = entry.metric or entry.detector.params().get("metric")
    return KINDS[entry.detector.kind].metric or str(told or "negative_share")


def _rule(entry: WindowRule, file: RulesFile, lists: Mapping[str, frozenset[str]]) -> Rule:
    entities = lists[entry.watch_list] if entry.watch_list else frozenset()
    content = entry.model_dump(mode="json", exclude=_UNDECIDING) | {"entities": sorted(entities)}
    _as_before(content["minimum"])
    sectors = sectors_of(entry, file)
    if entry.detector.kind == BY_SECTOR:
        content["sectors"] = sectors
    earlier = [_with_statistic(content, number) for number in range(1, KINDS[entry.detector.kind].statistic)]
    content = _with_statistic(content, KINDS[entry.detector.kind].statistic)
    return Rule(
        id=entry.name,
        version=content_hash(content),
        about=entry.about,
        series=tuple(entry.series or ["entity:*"]),
        exclude=tuple(entry.exclude),
        watch_list=entry.watch_list or "",
        entities=entities,
        window_ms=entry.window,
        metric=_metric(entry),
        direction=_direction(entry),
        detector=entry.detector.kind,
        params=_params(entry),
        min_articles=entry.minimum.articles,
        min_stories=entry.minimum.stories,
        min_publishers=entry.minimum.publishers,
        hold_ms=entry.hold,
        resolve_below=entry.resolve.below,
        resolve_after_ms=entry.resolve.after,
        severities=tuple((name, entry.severities[name]) for name in SEVERITIES if name in entry.severities),
        budget_per_week=entry.budget,
        threshold=entry.threshold,
        route=_routes(entry.route, file),
        group_by=tuple(entry.group_by),
        content=content,
        sectors=sectors,
        former=tuple(content_hash(one) for one in earlier),
        min_negative_publishers=entry.minimum.negative_publishers,
        min_stories_beside_one=entry.minimum.stories_beside_one,
    )


def _with_statistic(content: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The content with its detector's statistic; the first is not said, as it was not before there were others."""
    return {**content, "statistic": number} if number > 1 else dict(content)


def _immediate(entry: Immediate, file: RulesFile, lists: Mapping[str, frozenset[str]]) -> ImmediateRule:
    trust = {name: round(share * UNIT_SCALE) for name, share in file.trust.items()}
    entities = tuple(sorted({*entry.entities, *(lists[entry.watch_list] if entry.watch_list else ())}))
    content = entry.model_dump(mode="json", exclude=_UNDECIDING) | {
        "entities": entities,
        "trust": trust if entry.min_trust else {},
        "default_trust": file.default_trust if entry.min_trust else 0,
    }
    return ImmediateRule(
        id=entry.name,
        version=content_hash(content),
        about=entry.about,
        entities=entities,
        topics=tuple(entry.topics),
        languages=tuple(entry.languages),
        sentiment=entry.sentiment,
        min_probability=round(entry.min_probability * UNIT_SCALE),
        min_topic_probability=round(entry.min_topic_probability * UNIT_SCALE),
        min_relevance=round(entry.min_relevance * UNIT_SCALE),
        min_trust=round(entry.min_trust * UNIT_SCALE),
        level=entry.severity,
        route=_routes(entry.route, file),
        trust=trust,
        default_trust=round(file.default_trust * UNIT_SCALE),
        content=content,
    )
