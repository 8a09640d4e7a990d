"""Validation of a rules file beyond its schema: duplicate names, unknown lists and kinds, rules that cannot work.

Each fault is (path in the file, message); alerts/rules/loading.py adds file and line.
"""

from __future__ import annotations

import math
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from alerts.baselines.calendar import calendar
from alerts.detectors import KINDS, traits_of
from alerts.rules import immediate_validation, sectors
from alerts.rules.schema import RulesFile
from alerts.rules.schema_entries import ImmediateEntry, OutageEntry, WindowEntry
from alerts.windows.globs import plain_glob
from alerts.windows.series import COMPANY
from core.yamlfile import suggestion

Fault = tuple[tuple[Any, ...], str]


def kinds() -> Mapping[str, Any]:
    """Return the detectors by kind."""
    return KINDS


def faults(file: RulesFile, whole: bool = True) -> list[Fault]:
    """Return all faults of `file`; where entries were left out (not `whole`), none that depends on all of it."""
    return [
        *_names(file),
        *_lists(file),
        *_matchers(file),
        *_excluded(file),
        *immediate_validation.faults(file),
        *(sectors.faults(file) if whole else ()),
        *(fault for at, rule in enumerate(file.rules) for fault in _window(("rules", at), rule)),
    ]


def _names(file: RulesFile) -> Iterator[Fault]:
    first: dict[str, str] = {}
    entries = [("rules", at, rule.name) for at, rule in enumerate(file.rules)]
    entries += [("immediate", at, entry.name) for at, entry in enumerate(file.immediate)]
    entries += [("outages", at, entry.name) for at, entry in enumerate(file.outages)]
    for section, at, name in entries:
        if name in first:
            yield (section, at, "name"), f"two rules are called {name!r} (the first is {first[name]})"
        first.setdefault(name, f"{section}.{at}")


def _lists(file: RulesFile) -> Iterator[Fault]:
    known = ", ".join(sorted(file.watch_lists)) or "none"
    entries = [("rules", at, rule.watch_list) for at, rule in enumerate(file.rules)]
    entries += [("immediate", at, entry.watch_list) for at, entry in enumerate(file.immediate)]
    for section, at, wanted in entries:
        if wanted and wanted not in file.watch_lists:
            yield (section, at, "watch_list"), f"no watch-list is called {wanted!r}; known: {known}"
    for name, entities in file.watch_lists.items():
        for at, entity in enumerate(entities):
            if not COMPANY.fullmatch(entity):
                yield ("watch_lists", name, at), f"expected an entity such as US:AAPL, got {entity!r}"
    globs: list[tuple[tuple[Any, ...], str]] = [(("trust", key), key) for key in file.trust]
    globs += [
        (("immediate", at, "entities", place), glob)
        for at, entry in enumerate(file.immediate)
        for place, glob in enumerate(entry.entities)
    ]
    globs += [
        (("outages", at, part, place), glob)
        for at, entry in enumerate(file.outages)
        for part, listed in (("sources", entry.sources), ("exclude", entry.exclude))
        for place, glob in enumerate(listed)
    ]
    globs += [
        (("inhibit", at, side, "rule"), matcher.rule)
        for at, entry in enumerate(file.inhibit)
        for side, matcher in (("by", entry.by), ("what", entry.what))
    ]
    globs += [
        (("maintenance", at, "what", "rule"), entry.what.rule) for at, entry in enumerate(file.maintenance)
    ]
    globs += [
        (("immediate", at, "topics", place), glob)
        for at, entry in enumerate(file.immediate)
        for place, glob in enumerate(entry.topics)
    ]
    for where, glob in globs:
        try:
            plain_glob(glob)
        except ValueError as error:
            yield where, str(error)


def _matchers(file: RulesFile) -> Iterator[Fault]:
    """Yield inhibitions and maintenance of unknown rules: they would have no effect."""
    every: list[WindowEntry | ImmediateEntry | OutageEntry] = [*file.rules, *file.immediate, *file.outages]
    known = [entry.name for entry in every]
    wanted = [(("inhibit", at, "by", "rule"), entry.by.rule) for at, entry in enumerate(file.inhibit)]
    wanted += [(("inhibit", at, "what", "rule"), entry.what.rule) for at, entry in enumerate(file.inhibit)]
    wanted += [
        (("maintenance", at, "what", "rule"), one.what.rule) for at, one in enumerate(file.maintenance)
    ]
    for where, glob in wanted:
        if not set("*?{}") & set(glob) and glob not in known:  # a glob may be for rules to come
            yield where, f"no rule is called {glob!r}{suggestion(glob, known)}"


def _excluded(file: RulesFile) -> Iterator[Fault]:
    """Yield rules that certainly exclude all that they watch: the same globs, or everything."""
    sections = [("rules", at, rule.series, rule.exclude) for at, rule in enumerate(file.rules)]
    sections += [("outages", at, entry.sources, entry.exclude) for at, entry in enumerate(file.outages)]
    for section, at, watched, excluded in sections:
        everything = "**" in excluded or (section == "outages" and "*" in excluded)
        if everything or (watched and set(watched) <= set(excluded)):
            yield (section, at, "exclude"), "it excludes all that the rule watches: it could never fire"


def _window(where: tuple[Any, ...], rule: WindowEntry) -> Iterator[Fault]:
    if not (rule.series or rule.watch_list):
        yield where, "expected series (such as topic:*) or a watch_list"
    for place, glob in enumerate(rule.series):
        if glob.startswith("outage:"):
            yield (*where, "series", place), "outages have no windows: write a rule of the section `outages`"
    if traits_of(rule.detector.kind).fixed_threshold and rule.threshold is None:
        yield (*where, "threshold"), f"the {rule.detector.kind} detector needs a threshold"
    yield from _metric(where, rule)
    yield from _detector((*where, "detector"), rule)


def _metric(where: tuple[Any, ...], rule: WindowEntry) -> Iterator[Fault]:
    """Yield faults of the metric (not the detector's) and of a threshold that no value can reach or leave again."""
    kind, given = kinds().get(rule.detector.kind), rule.detector.params()
    if kind is None:
        return
    for name in ("metric", "direction"):
        own = getattr(rule, name)
        if own is not None and given.get(name, own) != own:
            yield (*where, name), f"the detector has {given[name]!r}, the rule has {own!r}: set it once"
    if kind.metric and rule.metric not in (None, kind.metric):
        only = f"{rule.detector.kind} watches {kind.metric} and nothing else"
        yield (*where, "metric"), f"{only}: leave `metric` out, or leave the detector out and set a threshold"
    if rule.threshold is None:
        return
    if kind.metric:
        if rule.threshold <= 0:
            yield (
                (*where, "threshold"),
                f"expected more than 0 (the statistic is -log10 of p), got {rule.threshold:g}",
            )
        return
    metric = rule.metric or given.get("metric", "negative_share")
    way = rule.direction or given.get("direction", "up")
    if metric not in METRIC_BOUNDS or way not in ("up", "down", "both"):
        return
    low, high = METRIC_BOUNDS[metric]
    low, high = {"up": (low, high), "down": (-high, -low), "both": (0.0, max(high, -low))}[way]
    if rule.threshold == 0 or not low < rule.threshold <= high:
        turned = " (its sign is turned: below 0.2 is written -0.2)" if way == "down" else ""
        bounds = f"{metric} with direction {way} lies between {low:g} and {high:g}{turned}"
        yield (
            (*where, "threshold"),
            f"expected a threshold that it can pass and leave, and not 0: {bounds}, got {rule.threshold:g}",
        )


METRIC_BOUNDS: Mapping[str, tuple[float, float]] = {
    "negative_share": (0.0, 1.0),
    "dispersion": (0.0, 1.0),
    "mean_sentiment": (-1.0, 1.0),
    "net_sentiment": (-1.0, 1.0),
    **dict.fromkeys(("stories", "articles", "publishers"), (0.0, math.inf)),
}
"""Lowest and highest value of each metric that `static` compares with its threshold."""


def _detector(where: tuple[Any, ...], rule: WindowEntry) -> Iterator[Fault]:
    known = kinds()
    if rule.detector.kind not in known:
        yield where, f"no detector is called {rule.detector.kind!r}; known: {', '.join(sorted(known))}"
        return
    takes = typing.get_type_hints(known[rule.detector.kind].params)
    for name, value in rule.detector.params().items():
        if name not in takes:
            names = ", ".join(sorted(takes))
            yield (*where, name), f"unknown parameter of {rule.detector.kind}; known: {names}"
            continue
        try:
            found = TypeAdapter(takes[name]).validate_python(value, strict=False)
        except ValidationError as error:
            yield (*where, name), f"{error.errors()[0]['msg'].lower()}, got {value!r}"
            continue
        if name == "calendar" and found != "auto":
            try:
                calendar(found)
            except ValueError as error:
                yield (*where, name), str(error)
        if name in RANGES and not RANGES[name][0](found):
            yield (*where, name), f"expected {RANGES[name][1]}, got {value!r}"


_Range = tuple[Callable[[float], bool], str]
_POSITIVE: _Range = (lambda value: 0 < value < math.inf, "more than 0")
_COUNT: _Range = (lambda value: 0 <= value < math.inf, "0 or more")
RANGES: Mapping[str, _Range] = {
    **dict.fromkeys(("memory_days", "recent_days", "fade_days", "give_up_days", "shift"), _POSITIVE),
    **dict.fromkeys(("warmup_stories", "warmup_hours"), _COUNT),
    "incident_weight": (lambda value: 0 < value <= 1, "a share above 0, at most 1"),
    "minimum": (lambda value: value >= 1, "1 or more"),
}
"""Valid values of detectors' parameters by name: a predicate, and its description."""
