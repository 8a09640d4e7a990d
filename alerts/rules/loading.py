"""From a rules file to the rules that a desk runs, with the versions that follow from their content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from alerts.detectors import KINDS
from alerts.records import SEVERITIES
from alerts.rules.entry_validation import remaining_faults
from alerts.rules.immediate_rule import ImmediateRule
from alerts.rules.model import Rule, RuleSet
from alerts.rules.outage_rule import outage_rule
from alerts.rules.schema import RulesFile
from alerts.rules.schema_entries import ImmediateEntry, WindowEntry
from alerts.rules.schema_fields import Route
from alerts.rules.sectors import sectors_of
from alerts.rules.validation import faults
from core import yamlfile
from core.errors import ConfigError
from core.ids import digest
from core.records import UNIT_SCALE

DEFAULT = Path(__file__).parent / "rules_default.yaml"


def load_rules(path: Path | None = None) -> RuleSet:
    """Return the rules in `path`, else the built-in ones. Raises ConfigError naming file and line of every fault."""
    return parse_rules(yamlfile.read(path or DEFAULT), str(path) if path else "built-in rules")


def parse_rules(text: str, name: str) -> RuleSet:
    """Return the rules in YAML `text`. Raises ConfigError naming the line of every fault, in the file called `name`."""
    file = yamlfile.parse(text, RulesFile, name, remaining_faults)
    if found := faults(file):
        placed = sorted(
            (yamlfile.line_of(text, where), f"{yamlfile.dotted(where)}: {what}") for where, what in found
        )
        raise ConfigError("\n".join(f"{name}:{line}: {complaint}" for line, complaint in placed))
    lists = {key: frozenset(names) for key, names in file.watch_lists.items()}
    return RuleSet(
        version=content_hash(_set_content(file)),
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


_LATER_MINIMA = ("negative_publishers", "stories_beside_one")
"""Minima of later releases: where they are 0, rules and sets keep the versions that they had before."""


def _set_content(file: RulesFile) -> dict[str, Any]:
    """Return the content that the version of a set is the hash of."""
    content = file.model_dump(mode="json", exclude_none=True)
    for rule in content["rules"]:
        _drop_unused_minima(rule["minimum"])
    return content


def _drop_unused_minima(minimum: dict[str, Any]) -> None:
    for name in _LATER_MINIMA:
        if not minimum[name]:
            del minimum[name]


def content_hash(content: Any) -> str:
    """Return the version of a content: a hash of 16 hexadecimal digits, independent of the order of keys."""
    return digest("rules", msgspec.json.encode(content, order="sorted"), length=16)


_NOT_DECIDING = {"name", "about", "enabled", "route", "group_by"}


def _routes(own: Route | None, file: RulesFile) -> dict[str, tuple[str, ...]]:
    return {key: tuple(value) for key, value in (own or file.notify.route).items()}


def _params(entry: WindowEntry) -> dict[str, Any]:
    """Return the detector's parameters: its own, and the rule's direction and metric where it takes them."""
    takes = {field.name for field in fields(KINDS[entry.detector.kind].params)}
    given = {"direction": _direction(entry)} | ({"metric": entry.metric} if entry.metric else {})
    return {name: value for name, value in given.items() if name in takes} | entry.detector.params()


def _direction(entry: WindowEntry) -> Literal["up", "down", "both"]:
    """Return the rule's direction, else the one among the detector's parameters, else the detector's default."""
    own = {field.name: field.default for field in fields(KINDS[entry.detector.kind].params)}
    given_direction = entry.detector.params().get("direction") or own.get("direction", "up")
    return entry.direction or cast(Literal["up", "down", "both"], given_direction)


def _metric(entry: WindowEntry) -> str:
    """Return the metric that the rule watches; alerts/rules/validation.py checks that all statements of it agree."""
    given_metric = entry.metric or entry.detector.params().get("metric")
    return KINDS[entry.detector.kind].metric or str(given_metric or "negative_share")


def _rule(entry: WindowEntry, file: RulesFile, lists: Mapping[str, frozenset[str]]) -> Rule:
    entities = lists[entry.watch_list] if entry.watch_list else frozenset()
    content = entry.model_dump(mode="json", exclude=_NOT_DECIDING) | {"entities": sorted(entities)}
    _drop_unused_minima(content["minimum"])
    sectors = sectors_of(entry, file)
    if KINDS[entry.detector.kind].traits.by_sector:
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
    """Return the content with the number of its detector's statistic; 1 is left out, as when there was no other."""
    return {**content, "statistic": number} if number > 1 else dict(content)


def _immediate(entry: ImmediateEntry, file: RulesFile, lists: Mapping[str, frozenset[str]]) -> ImmediateRule:
    trust = {name: round(share * UNIT_SCALE) for name, share in file.trust.items()}
    entities = tuple(sorted({*entry.entities, *(lists[entry.watch_list] if entry.watch_list else ())}))
    content = entry.model_dump(mode="json", exclude=_NOT_DECIDING) | {
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
