"""What is wrong with a rules file that no entry shows by itself: names twice, lists and kinds that do not
exist.

Each fault is (path in the file, words); alerts/rules.py adds file and line.
"""

from __future__ import annotations

import math
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from alerts import sectors
from alerts.calendar import calendar
from alerts.detectors import KINDS
from alerts.rulesfile import Immediate, Outage, RulesFile, WindowRule
from alerts.series import plain_glob
from core.yamlfile import nearest

Fault = tuple[tuple[Any, ...], str]


def kinds() -> Mapping[str, Any]:
    """Detector kinds by name."""
    return KINDS


def faults(file: RulesFile, whole: bool = True) -> list[Fault]:
    """All faults between the entries of `file`; where it is not `whole`, not those that hang on all of it (sectors)."""
    return [
        *_names(file),
        *_lists(file),
        *_matchers(file),
        *_excluded(file),
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
            if entity.startswith("entity:") or ":" not in entity or any(char in entity for char in "/@ *"):
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
    """Inhibition and maintenance of rules that there are not: they would do nothing, without a word."""
    every: list[WindowRule | Immediate | Outage] = [*file.rules, *file.immediate, *file.outages]
    known = [entry.name for entry in every]
    wanted = [(("inhibit", at, "by", "rule"), entry.by.rule) for at, entry in enumerate(file.inhibit)]
    wanted += [(("inhibit", at, "what", "rule"), entry.what.rule) for at, entry in enumerate(file.inhibit)]
    wanted += [
        (("maintenance", at, "what", "rule"), one.what.rule) for at, one in enumerate(file.maintenance)
    ]
    for where, glob in wanted:
        if not set("*?{}") & set(glob) and glob not in known:  # a glob may be for rules to come
            yield where, f"no rule is called {glob!r}{nearest(glob, known)}"


def _excluded(file: RulesFile) -> Iterator[Fault]:
    """Rules that exclude all that they watch. Only what is certain: a glob by itself, or everything."""
    sections = [("rules", at, rule.series, rule.exclude) for at, rule in enumerate(file.rules)]
    sections += [("outages", at, entry.sources, entry.exclude) for at, entry in enumerate(file.outages)]
    for section, at, watched, excluded in sections:
        everything = "**" in excluded or (section == "outages" and "*" in excluded)
        if everything or (watched and set(watched) <= set(excluded)):
            yield (section, at, "exclude"), "it excludes all that the rule watches: it could never fire"


def _window(where: tuple[Any, ...], rule: WindowRule) -> Iterator[Fault]:
    if not (rule.series or rule.watch_list):
        yield where, "expected series (such as topic:*) or a watch_list"
    for place, glob in enumerate(rule.series):
        if glob.startswith("outage:"):
            yield (*where, "series", place), "outages have no windows: write a rule of the section `outages`"
    if rule.detector.kind == "static" and rule.threshold is None:
        yield (*where, "threshold"), "the static detector needs a threshold"
    yield from _detector((*where, "detector"), rule)


def _detector(where: tuple[Any, ...], rule: WindowRule) -> Iterator[Fault]:
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
"""What a detector can be run with, by parameter: the test, and its words."""
