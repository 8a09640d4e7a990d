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
        if traits_of(self.detector).by_sector and entity_of(series) not in self.sectors:
            return False
        return not self.watch_list or entity_of(series) in self.entities

    @cached_property
    def known_series(self) -> int | None:
        """How many series there can be for it to watch; None: it is open (alerts/rules/selection.py)."""
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
        return channels_for(self.route, severity)


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
