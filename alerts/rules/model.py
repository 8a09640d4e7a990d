"""Rules as the desk runs them: frozen, each with a version that follows from its content and nothing else.

A rule's version hashes what decides (series, window, detector, minima, hold, budget ...), not who is notified nor how
it is described: re-routing an alert, a comment or white space changes no alert's id. The set's version hashes all.
alerts/rules/loading.py makes them of a file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from alerts.detectors import traits_of
from alerts.records import Severity
from alerts.rules.immediate_rule import ImmediateRule, trust_of
from alerts.rules.outage_rule import OutageRule
from alerts.rules.routes import channels_for
from alerts.rules.schema import RulesFile
from alerts.rules.selection import names
from alerts.windows.globs import union
from alerts.windows.series import entity_of
from core.records import UNIT_SCALE

_EVALUATIONS_PER_WINDOW = 12
"""Evaluations over a window's length, though never more than one a pane."""


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
    """Fixed, on the statistic (kind `static`: on the metric itself); None: fitted to the budget."""
    route: Mapping[str, tuple[str, ...]]
    group_by: tuple[str, ...]
    content: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """All terms that decide, with their defaults: `version` is its hash."""
    sectors: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Company -> sector, for a rule that decides or groups by sector."""
    former: tuple[str, ...] = field(default=(), repr=False, compare=False)
    """Versions that the same rule had while its detector computed earlier statistics."""
    min_negative_publishers: int = 0
    min_stories_beside_one: int = 0

    def matches(self, series: str) -> bool:
        """Return whether the rule watches `series`."""
        if not self._wanted.fullmatch(series) or self._unwanted.fullmatch(series):
            return False
        if traits_of(self.detector).by_sector and entity_of(series) not in self.sectors:
            return False
        return not self.watch_list or entity_of(series) in self.entities

    @cached_property
    def known_series(self) -> int | None:
        """The number of series that it can ever watch; None: unbounded (alerts/rules/selection.py)."""
        companies = self.entities or (self.sectors if traits_of(self.detector).by_sector else ())
        named = names(self.series, companies)
        return None if named is None else sum(map(self.matches, named))

    @cached_property
    def _wanted(self) -> re.Pattern[str]:
        return union(self.series)

    @cached_property
    def _unwanted(self) -> re.Pattern[str]:
        return union(self.exclude)

    def hop_ms(self, pane_ms: int) -> int:
        """Return the time between evaluations in ms: max(pane, window / 12), in whole panes."""
        return max(1, math.ceil(self.window_ms / _EVALUATIONS_PER_WINDOW / pane_ms)) * pane_ms

    def severity(self, statistic: float, threshold: float) -> Severity:
        """Return the highest severity whose ratio `statistic / threshold` reaches, the lowest where it reaches none.

        For a threshold below 0 (a fixed one on a figure whose sign is turned) the ratio is by distance: half the
        threshold's size above it is a ratio of 1.5, as it is above 0. `threshold` is not 0.
        """
        ratio = statistic / threshold if threshold > 0 else 2.0 - statistic / threshold
        reached = [name for name, rung in self.severities if ratio >= rung]
        return reached[-1] if reached else self.severities[0][0]

    def channels(self, severity: Severity) -> tuple[str, ...]:
        """Return the names of the channels that an alert of this severity notifies; `*` is every channel."""
        return channels_for(self.route, severity)


AnyRule = Rule | ImmediateRule | OutageRule


@dataclass(frozen=True)
class RuleSet:
    """All rules of a desk."""

    version: str
    """Hash of the content."""
    rules: tuple[Rule, ...]
    immediate: tuple[ImmediateRule, ...]
    watch_lists: Mapping[str, frozenset[str]]
    file: RulesFile = field(repr=False)
    """Routing, escalation, inhibition, maintenance: see alerts/rules/schema_notify.py."""
    source: str = field(repr=False)
    """The YAML as it was read."""
    name: str = ""
    """The file's name, for messages."""
    outages: tuple[OutageRule, ...] = ()

    @cached_property
    def watched(self) -> frozenset[str]:
        """The entities of all watch-lists: those that have company×topic series."""
        return frozenset().union(*self.watch_lists.values())

    def rule(self, name: str) -> AnyRule:
        """Return the rule called `name`. Raises KeyError."""
        known: tuple[AnyRule, ...] = (*self.rules, *self.immediate, *self.outages)
        for rule in known:
            if rule.id == name:
                return rule
        raise KeyError(name)

    def trust(self, publisher: str) -> int:
        """Return the trust in a publisher, in 1/10,000."""
        return trust_of(
            {name: round(share * UNIT_SCALE) for name, share in self.file.trust.items()},
            round(self.file.default_trust * UNIT_SCALE),
            publisher,
        )
