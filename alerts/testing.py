"""For tests and benchmarks: synthetic articles, rules without history, and a desk driven without broker or store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from alerts.detectors import Detector, DetectorContext, Traits
from alerts.detectors.contract import NO_FLOOR
from alerts.engine.assembly import make_desk
from alerts.engine.desk import Desk
from alerts.engine.effects import Effects
from alerts.engine.rule_runner import RuleRunner
from alerts.records import Verdict, Window
from alerts.rules.loading import parse_rules
from alerts.rules.model import Rule, RuleSet
from core.records import UNIT_SCALE, Article, Marker, Mention, ScoredArticle
from core.times import MINUTE, parse_iso

START = 1_700_000_040_000 // MINUTE * MINUTE
"""A pane border in November 2023."""


def scored(
    number: int,
    at: int,
    *,
    negative: int = 1_000,
    topics: Mapping[str, int] | None = None,
    entities: Sequence[str] = (),
    publisher: str = "",
    source: str = "wire",
    language: str = "en",
    signature: str | None = None,
    revision: str = "1",
    origin: str = "",
    title: str = "",
    abstained: bool = False,
    body: str = "",
    extra: Mapping[str, Any] | None = None,
) -> ScoredArticle:
    """A scored article whose id is derived from `number`; without `signature` it is a story of its own."""
    neutral = (UNIT_SCALE - negative) // 2
    name = hashlib.sha256(f"article {number}".encode()).hexdigest()
    article = Article(
        id=name[:32],
        revision=revision,
        origin=origin or f"f:test:{number}:{revision}",
        source=source,
        publisher=publisher or f"p{number % 7}.example",
        title=title or f"Title {number}",
        body=body,
        language=language,
        published_at=at,
        first_seen_at=at,
        available_at=at,
        extra=dict(extra or {}),
    )
    positive = UNIT_SCALE - negative - neutral
    return ScoredArticle(
        article=article,
        p_negative=negative,
        p_neutral=neutral,
        p_positive=positive,
        abstained=abstained,
        topics=dict(topics if topics is not None else {"energy": 9_000}),
        mentions=tuple(
            Mention(one, relevance=9_000, p_negative=negative, p_neutral=neutral, p_positive=positive)
            for one in entities
        ),
        signature=name[:32] if signature is None else signature,
        language=language,
        model_version="test",
    )


class Share(Detector):
    """A detector for tests: the statistic is the share of negative stories; its state counts learned stories."""

    kind: ClassVar[str] = "share"
    traits: ClassVar[Traits] = Traits(learns_after_leaving=True, evaluates_early=True, negative_only=True)

    def __init__(self, params: Rule | None = None, context: DetectorContext | None = None) -> None:
        self.learned: dict[str, int] = {}
        self.steps = 0

    def step(self, window: Window, hop: Window, floor: float = NO_FLOOR) -> Verdict:
        """Judge, then learn."""
        self.steps += 1
        known = self.learned.get(window.series, 0)
        self.learned[window.series] = known + hop.stories
        share = window.negative / window.decided if window.decided else 0.0
        return Verdict(
            share, p_value=1 - share, observed=share, expected=known / (known + 7), enough=window.decided > 0
        )

    def dump(self, series: Iterable[str] | None = None) -> Mapping[str, bytes]:
        """State by series."""
        names = self.learned if series is None else series
        return {name: msgspec.msgpack.encode(self.learned[name]) for name in names if name in self.learned}

    def load(self, states: Iterable[tuple[str, bytes]]) -> None:
        """Restore."""
        self.learned |= {name: msgspec.msgpack.decode(state) for name, state in states if name}


RULES = """
rules:
  - name: share
    series: ["all", "topic:*", "entity:*"]
    window: {window}
    metric: negative_share
    detector: {kind}
    minimum: {{stories: {stories}, publishers: {publishers}}}
    hold: {hold}
    resolve: {{below: 0.8, after: {after}}}
    threshold: 0.5
    severities: {{low: 1.0, high: 1.6}}
{more}
"""


def rule_set(
    *,
    window: str = "15m",
    stories: int = 3,
    publishers: int = 1,
    negative_publishers: int = 0,
    stories_beside_one: int = 0,
    hold: str = "0s",
    after: str = "5m",
    more: str = "",
) -> RuleSet:
    """A rule set of one rule, whose threshold is half of a window's stories negative, and `more` (YAML)."""
    text = RULES.format(
        window=window,
        kind="negative_share",
        stories=stories,
        publishers=f"{publishers}, negative_publishers: {negative_publishers}, "
        f"stories_beside_one: {stories_beside_one}",
        hold=hold,
        after=after,
        more=more,
    )
    return parse_rules(text, "rules of the test")


def share_runners(rules: RuleSet, pane_ms: int) -> list[RuleRunner]:
    """One runner per window rule, with the detector `Share`."""
    return [RuleRunner(rule, pane_ms, make_detector=Share) for rule in rules.rules]


def desk_of(rules: RuleSet, partitions: int = 1, lateness_ms: int = MINUTE) -> Desk:
    """Return a desk without any state, with the detector `Share`."""
    return make_desk(
        rules, partitions=partitions, pane_ms=MINUTE, lateness_ms=lateness_ms, make_runners=share_runners
    )


def drive(
    desk: Desk, records: Iterable[ScoredArticle | tuple[int, Marker]], chunk: int = 50
) -> list[Effects]:
    """Feed articles and (partition, marker) pairs; returns the effects after every `chunk` records and at the end."""
    found: list[Effects] = []
    for number, record in enumerate(records, 1):
        if isinstance(record, tuple):
            desk.on_marker(*record)
        else:
            desk.add(record)
        if number % chunk == 0:
            while desk.advance(7):
                found.append(desk.effects())
            found.append(desk.effects())
    while desk.advance(7):
        found.append(desk.effects())
    found.append(desk.effects())
    return found


def lines(effects: Iterable[Effects]) -> bytes:
    """Return the lines of alerts.jsonl, sorted, each ending in a newline."""
    changes = [change.line for one in effects for change in one.changes]
    changes.sort(key=lambda line: (parse_iso(line.decided_at), line.id, line.state, line.severity))
    return b"".join(msgspec.json.encode(line) + b"\n" for line in changes)


def end_marker(t: int, writer: str = "w") -> tuple[int, Marker]:
    """Return the marker at a dump's end, for partition 0."""
    return 0, Marker(writer=writer, t=t, end=True)
