"""Immediate rules: one article is enough. Decided on arrival, each article by itself, so that no order can matter.

id = hash(rule, version, article, revision); onset = decided_at = its available_at, also for a late article. Such an
alert resolves by itself after a day of event time. The story of the article is known when its pane closes; it only
groups notifications (the alert's `incident`). An article from the future (more than a day ahead) waits until event time
has come near it; the line is the same whenever that is.
"""

from __future__ import annotations

import heapq

from alerts.engine.effects import Change, Effects
from alerts.engine.schedule import ceil_to
from alerts.engine.watermark import NEVER
from alerts.lifecycle.alert import Alert, immediate_id
from alerts.records import AlertLine, State
from alerts.rules.immediate_rule import ImmediateRule
from core.records import ScoredArticle
from core.times import DAY, iso

LASTS_MS = DAY
"""How long an immediate alert is open."""
AHEAD_MS = DAY
"""An article further ahead of all markers than this is from the future; less is a marker still on its way."""


class Immediate:
    """The open alerts of the immediate rules."""

    def __init__(self, rules: tuple[ImmediateRule, ...], pane_ms: int, lateness_ms: int) -> None:
        self._rules, self._pane_ms, self._lateness_ms = rules, pane_ms, lateness_ms
        self._open: dict[str, tuple[Alert, str]] = {}
        self._due: list[tuple[int, str]] = []
        self._ahead: list[tuple[int, str, str, ScoredArticle]] = []

    @property
    def next(self) -> int | None:
        """The time (epoch ms) at which the next alert ends, or None where none is open."""
        return self._due[0][0] if self._due else None

    def add(self, scored: ScoredArticle, furthest: int, effects: Effects) -> None:
        """Open the alerts that an article raises, or hold one from the future; add the changes to `effects`.

        `furthest`: the newest time of any marker (epoch ms).
        """
        if self._rules and not self.wait(scored, furthest):
            self._decide(scored, effects)

    def wait(self, scored: ScoredArticle, furthest: int) -> bool:
        """Hold the article if it is from the future, and return whether it is. Before the first marker none is."""
        article = scored.article
        if furthest == NEVER or article.available_at <= furthest + AHEAD_MS:
            return False
        heapq.heappush(self._ahead, (article.available_at, article.id, article.revision, scored))
        return True

    def reached(self, furthest: int, effects: Effects) -> None:
        """Decide on the held articles that are no longer from the future, now that `furthest` (epoch ms) is reached."""
        while self._ahead and self._ahead[0][0] <= furthest + AHEAD_MS:
            self._decide(heapq.heappop(self._ahead)[3], effects)

    def _decide(self, scored: ScoredArticle, effects: Effects) -> None:
        """Open the alerts that the article alone raises."""
        article = scored.article
        for rule in self._rules:
            series = rule.match(scored)
            if series is None:
                continue
            alert = Alert(
                id=immediate_id(rule.id, rule.version, article.id, article.revision),
                rule=rule.id,
                rule_version=rule.version,
                series=series,
                state="firing",
                severity=rule.level,
                onset=article.available_at,
                fired_at=article.available_at,
                revision=article.revision,
            )
            self.take_up(alert, article.id)
            self._change(alert, "firing", article.available_at, effects)

    def take_up(self, alert: Alert, article: str) -> None:
        """Add an open alert, to be resolved when it ends. `article`: the id of its article."""
        self._open[alert.id] = (alert, article)
        heapq.heappush(self._due, (ceil_to(alert.onset + LASTS_MS, self._pane_ms), alert.id))

    def until(self, at: int, effects: Effects) -> None:
        """Resolve the alerts that end at or before `at` (epoch ms); add the changes to `effects`."""
        while self._due and self._due[0][0] <= at:
            due, name = heapq.heappop(self._due)
            alert = self._open[name][0]
            alert.state, alert.resolved_at = "resolved", due
            self._change(alert, "resolved", due + self._lateness_ms, effects)
            del self._open[name]

    def _change(self, alert: Alert, state: State, decided_at: int, effects: Effects) -> None:
        article = self._open[alert.id][1]
        line = AlertLine(
            id=alert.id,
            rule=alert.rule,
            rule_version=alert.rule_version,
            series=alert.series,
            state=state,
            severity=alert.severity,
            onset=iso(alert.onset),
            decided_at=iso(decided_at),
            observed=None,
            expected=None,
            p_value=None,
            articles=1,
            stories=1,
            publishers=1,
            article_ids=[article],
        )
        effects.alerts[alert.id] = alert
        effects.changes.append(
            Change(line, decided_at, alert.incident, None, None, [(article, "")], alert.revision)
        )

    def on_story(self, article: str, revision: str, story: str, effects: Effects) -> None:
        """Set `story` as the incident of the article's open alerts, and add these to `effects`."""
        if not self._open:
            return
        for rule in self._rules:
            found = self._open.get(immediate_id(rule.id, rule.version, article, revision))
            if found is not None:
                found[0].incident = story
                effects.alerts[found[0].id] = found[0]
