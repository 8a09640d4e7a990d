"""The desk over recorded scored articles, without broker or store: what it would have decided live.

It drives the same `alerts.engine.desk.Desk` that the alert worker drives and marks time as a replay does. That live and
backtest decide the same rests on there being one desk; `newsquake backtest --parity` compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from alerts.engine.assembly import MakeRunners, make_desk, runners_of
from alerts.engine.desk import Desk
from alerts.engine.effects import Effects
from alerts.engine.feedback import AlarmFeedback
from alerts.records import AlertLine
from alerts.rules.model import RuleSet
from alerts.thresholds.echoes import PaneArticles, echoes
from backtest.history import in_order
from core.records import Health, Marker, ScoredArticle
from core.times import parse_iso

Reader = Callable[[Sequence[AlertLine]], Mapping[str, Sequence[tuple[str, int, int]]]]
"""From the lines decided so far to alerts that people called true: rule -> (series, from, to), epoch ms."""
_STRIDE = 500
"""Articles between two markers; the result does not depend on it."""


def _order(line: AlertLine) -> tuple[int, str, str, str]:
    # By the number: as text "…00.500Z" would stand before "…00Z".
    return parse_iso(line.decided_at), line.id, line.state, line.severity


@dataclass
class BacktestResult:
    """What a backtest decided: lines of alerts.jsonl, and how many articles, repeats and panes there were."""

    lines: list[AlertLine] = field(default_factory=list)
    articles: int = 0
    repeats: int = 0
    panes: int = 0

    def jsonl(self) -> Iterator[bytes]:
        """Yield the lines of alerts.jsonl, byte for byte as they are written live."""
        for line in sorted(self.lines, key=_order):
            yield msgspec.json.encode(line) + b"\n"


@dataclass
class _Counted:
    """When each article last counted, for its further revisions; the worker reads that from the store."""

    at: dict[str, int] = field(default_factory=dict)
    waiting: dict[tuple[str, str], int] = field(default_factory=dict)


def run(
    records: Iterator[ScoredArticle],
    rules: RuleSet,
    *,
    pane_ms: int,
    lateness_ms: int,
    progress: Callable[[int], None] | None = None,
    make_runners: MakeRunners = runners_of,
    reader: Reader | None = None,
    health: Iterable[Health] = (),
) -> BacktestResult:
    """Return what the desk decides over `records`, which come in order of available_at, else LookAhead is raised.

    `reader`: which alerts people call true, asked before each weekly fit. `health`: the sources' records of that time,
    each source's in order of time; each holds from its own time on. `progress` is called with the number of records.
    """
    desk = make_desk(rules, partitions=1, pane_ms=pane_ms, lateness_ms=lateness_ms, make_runners=make_runners)
    result = BacktestResult()
    seen: dict[str, set[str]] = {}
    counted = _Counted()
    pane_articles = PaneArticles() if reader is not None else None
    last = None
    for one in health:
        desk.on_health(one)
    for number, record in enumerate(in_order(records), 1):
        article = record.article
        revisions = seen.setdefault(article.id, set())
        if article.revision in revisions:
            result.repeats += 1
            continue
        if revisions:
            desk.deduplicator.flag(article.id, counted.at.get(article.id))
        revisions.add(article.revision)
        desk.add(record)
        counted.waiting[article.id, article.revision] = article.available_at
        result.articles += 1
        last = article.available_at
        if number % _STRIDE == 0:
            desk.on_marker(0, Marker(writer="backtest", t=last))
            _advance(desk, result, counted, reader, pane_articles)
            if progress is not None:
                progress(number)
    if last is None:
        result.lines += [change.line for change in desk.effects().changes]
    else:
        end = (last // pane_ms + 1) * pane_ms + lateness_ms
        desk.on_marker(0, Marker(writer="backtest", t=end, end=True))
        _advance(desk, result, counted, reader, pane_articles)
    return result


def _advance(
    desk: Desk,
    result: BacktestResult,
    counted: _Counted,
    reader: Reader | None,
    pane_articles: PaneArticles | None,
) -> None:
    more = True
    while more:
        if reader is not None and desk.fit_is_due:
            desk.set_feedback(feedback_of(desk, reader(result.lines), pane_articles))
        more = desk.advance()
        effects: Effects = desk.effects()
        if pane_articles is not None:
            pane_articles.add(effects.panes)
        result.lines += [change.line for change in effects.changes]
        result.panes += len(effects.panes)
        for one in effects.outcomes:
            at = counted.waiting.pop((one.id, one.revision), None)
            if one.outcome == "counted" and at is not None:
                counted.at[one.id] = at


def feedback_of(
    desk: Desk, true_alarms: Mapping[str, Sequence[tuple[str, int, int]]], pane_articles: PaneArticles | None
) -> AlarmFeedback:
    """Return the feedback for a fit: `true_alarms` (rule -> (series, from, to), ms) and their echoes in topics.

    Echoes are read from `pane_articles`, as the live desk reads them from its store; None: there are none.
    """
    if pane_articles is None:
        return AlarmFeedback(true_alarms)
    windows = {runner.rule.id: runner.window_ms for runner in desk.runners}
    return AlarmFeedback(true_alarms, echoes(true_alarms, windows, pane_articles.within))
