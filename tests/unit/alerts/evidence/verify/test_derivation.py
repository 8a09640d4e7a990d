"""Every single leaf of a pack is changed, by enough and with a new hash: verify finds it, or it is one of a few that
nothing is derived from. Exactly those stand here, with the reason, and alerts/evidence/verify/stated.py says them to
whoever verifies.

By enough: a topic that nobody asked for, or a company in passing, is found where its probability leaves 0 to one; what
lies between is stated, as test_within_bounds_some_probabilities_are_stated says."""

from __future__ import annotations

import msgspec
import pytest

from alerts.engine.desk import Desk
from alerts.engine.watermark import Watermark
from alerts.evidence import assembly, schema
from alerts.evidence.verify.derivation import verify_pack
from alerts.rules.loading import parse_rules
from alerts.testing import START, scored
from core.records import Health, Mention, ScoredArticle
from core.times import DAY, HOUR, MINUTE
from tests.support.leaves import changed, differs, unfound
from tests.support.packs import packs

RULE = {"rule.about", "rule.set"}
"""What a person wrote of the rule, and which file it stood in."""
TEXT = RULE | {
    "articles[].title", "articles[].url", "articles[].text_hash",  # the text itself: only the store has it
    "articles[].revision", "articles[].published_at", "articles[].source", "articles[].language",  # its labels
}  # fmt: skip
HOP = {"hop_articles[].id", "hop_articles[].revision", "hop_articles[].publisher", "hop_articles[].story"}
"""Names: of publishers and stories in the hop only how many there are is a figure."""
FIT = {f"fit.{name}" for name in ("excluded", "high", "low", "method", "peaks", "weeks")}
"""How the threshold was fitted: from the rule's whole history, which is in no pack."""
WORST = {"line.severity"}
"""Of an alert that ended, or fired after a hold: it may have been worse at an earlier look."""
GRID = {"pane_ms", "lateness_ms"}
"""Of what is decided on arrival nothing hangs on panes or lateness."""

WINDOWS = """
rules:
  - name: share
    series: ["topic:energy", "entity:US:XOM"]
    window: 1h
    detector: {kind: negative_share, warmup_stories: 20}
    threshold: 2.0
    minimum: {stories: 3, publishers: 2}
    resolve: {below: 0.7, after: 30m}
  - name: held
    about: must last
    series: ["entity:US:XOM"]
    window: 1h
    detector: {kind: negative_share, warmup_stories: 20}
    threshold: 2.0
    hold: 15m
  - name: many
    series: ["topic:energy@en"]
    window: 1h
    detector: {kind: volume, warmup_hours: 12, warmup_stories: 20}
    minimum: {stories: 3}
    budget: 2000/week
  - name: shift
    series: ["source:wire"]
    window: 1h
    detector: {kind: mean_shift, warmup_stories: 20}
    threshold: 2.0
  - name: quiet
    series: ["source:wire"]
    window: 1h
    detector: {kind: silence, warmup_hours: 24, warmup_stories: 20}
    threshold: 3.0
    minimum: {stories: 0}
"""
IMMEDIATE = """
trust: {"p*.example": 0.8}
immediate:
  - name: topic
    topics: [energy]
    min_probability: 0.97
    languages: [en]
    min_trust: 0.7
  - name: company
    entities: ["US:*"]
    topics: ["ener*"]
    min_probability: 0.97
"""


@pytest.fixture(scope="module")
def windows() -> list[schema.Pack]:
    return packs(parse_rules(WINDOWS, "rules.yaml"))


@pytest.mark.parametrize(
    ("rule", "series", "state", "free"),
    [
        ("share", "entity:US:XOM", "firing", TEXT | HOP),
        ("share", "topic:energy", "firing", TEXT | HOP),
        ("held", "entity:US:XOM", "pending", TEXT | HOP),
        # From here on no article left the window in the step.
        ("share", "entity:US:XOM", "resolved", TEXT | WORST),
        ("held", "entity:US:XOM", "firing", TEXT | WORST),
        ("many", "topic:energy@en", "firing", (TEXT | FIT) - {"articles[].language"}),
        ("shift", "source:wire", "firing", TEXT - {"articles[].source"}),
        # A silence is told of a source that nobody read as well; its window holds no article.
        ("quiet", "source:wire", "firing", RULE),
    ],
)
def test_no_leaf_of_a_windows_pack_can_be_another(
    windows: list[schema.Pack], rule: str, series: str, state: str, free: set[str]
) -> None:
    pack = next(
        one for one in windows if (one.line.rule, one.line.series, one.line.state) == (rule, series, state)
    )
    assert [check for check in verify_pack(pack) if check.verdict != "agrees"] == []
    assert set(unfound(pack)) == free


def named(entity: str, relevance: int, negative: int) -> Mention:
    return Mention(
        entity, relevance=relevance, p_negative=negative, p_neutral=10_000 - negative, p_positive=0
    )


def told() -> list[ScoredArticle]:
    """One article about three companies: of the second it speaks worst, and it names the third in passing."""
    article = scored(1, START, negative=9_800, topics={"energy": 9_000, "crypto": 300})
    mentions = (
        named("US:COP", 6_000, 9_900),
        named("US:XOM", 9_000, 9_750),
        named("CN:601857", 9_500, 9_900),
    )
    return [msgspec.structs.replace(article, mentions=mentions)]


OTHERS = {f"articles[].mentions[].{name}" for name in ("entity", "abstained")}
"""Of companies less relevant than the series', or that the rule does not ask for."""


@pytest.mark.parametrize("state", ["firing", "resolved"])
@pytest.mark.parametrize("rule", ["topic", "company"])
def test_no_leaf_of_an_immediate_alerts_pack_can_be_another(rule: str, state: str) -> None:
    made = packs(parse_rules(IMMEDIATE, "rules.yaml"), told())
    pack = next(one for one in made if (one.line.rule, one.line.state) == (rule, state))
    assert pack.line.series == {"topic": "topic:energy", "company": "entity:US:XOM/topic:energy"}[rule]
    assert [check for check in verify_pack(pack) if check.verdict != "agrees"] == []
    free = TEXT - {"articles[].revision"}
    free |= GRID if state == "firing" else set()
    free |= OTHERS if rule == "company" else set()
    free -= {"articles[].language"} if rule == "topic" else set()
    assert set(unfound(pack)) == free


def test_within_bounds_some_probabilities_are_stated() -> None:
    """Of a topic that the rule does not ask for, and of a company less relevant than the series'."""
    made = packs(parse_rules(IMMEDIATE, "rules.yaml"), told())
    pack = next(one for one in made if one.line.rule == "company")
    (article,) = pack.articles
    number = next(n for n, one in enumerate(article.mentions) if one.entity == "US:COP")
    of_mention = ("articles", 0, "mentions", number)
    paths = [("articles", 0, "topics", "crypto")]
    paths += [(*of_mention, name) for name in ("relevance", "p_negative", "p_neutral", "p_positive")]
    for path in paths:
        for value, found in ((0, False), (1, False), (5_000, False), (-1, True), (10_001, True)):
            lie = changed(pack, path, value)
            assert lie is not None and differs(lie) == found, (path, value)


def test_another_company_that_meets_the_rule_better_is_found() -> None:
    made = packs(parse_rules(IMMEDIATE, "rules.yaml"), told())
    pack = next(one for one in made if one.line.rule == "company")
    (article,) = pack.articles
    assert not isinstance(article.mentions, msgspec.UnsetType)
    first = msgspec.structs.replace(article.mentions[0], relevance=9_900)
    lie = msgspec.structs.replace(
        pack, articles=[msgspec.structs.replace(article, mentions=[first, *article.mentions[1:]])]
    )
    assert "series" in [check.what for check in verify_pack(lie) if check.verdict == "differs"]


def outages() -> list[schema.Pack]:
    """Packs of a source that falls silent, of one without bodies, and of one that cannot be read."""
    text = (
        "outages: [{name: silent, kind: source_silent}, {name: broken, kind: source_broken, severity: high}]"
    )
    rules = parse_rules(text, "rules.yaml")
    desk = Desk(rules, [], Watermark(1, MINUTE), MINUTE)
    rates = {"kind": "silent", "timezone": "America/New_York", "calendar": "XNYS", "last_at": START,
             "threshold": 7.0, "reach_ms": 30 * DAY, "rates": [1.0] * 168}  # fmt: skip
    shape = {"kind": "misshapen", "usual": 0.98, "usual_at_least": 0.9, "whole_at_most": 0.2, "items": 10, "whole": 1,
             "without_title": 2, "without_body": 6, "without_both": 1, "samples": ["b", "a"]}  # fmt: skip
    down = {"kind": "unreachable", "failures": 6, "retry_at": START, "failures_at_least": 5}
    for source, status, proof, since in (
        ("fed", "silent", rates, START), ("wires", "broken", shape, START), ("page", "broken", down, START),
    ):  # fmt: skip
        for number, at in enumerate((START + 9 * HOUR, START + 9 * HOUR + 20 * MINUTE)):
            expected = 9.0 if not number else 9.333
            desk.on_health(
                Health(
                    source=source, at=at, status=status, expected=expected, seen=0, since=since, proof=proof
                )
            )
        for at in (START + 12 * HOUR, START + 13 * HOUR):
            desk.on_health(Health(source=source, at=at, status="ok", expected=0.0, seen=1, since=at))
    return [
        schema.load(
            assembly.assemble(
                assembly.Inputs(
                    line=change.line, rule=rules.rule(change.line.rule), rules_version=rules.version, articles=[],
                    outage=change.proof,
                )
            )
        )
        for change in desk.effects().changes
    ]  # fmt: skip


PROOF = {"silent": {"outage.told.last_at", "outage.told.rates[]"}, "unreachable": {"outage.told.retry_at"}}
"""What ingest says besides: text of a server, times of others; rates of hours that the silence does not hold."""


def test_no_leaf_of_an_outages_pack_can_be_another() -> None:
    made = outages()
    assert {(one.outage.kind, one.line.state) for one in made} >= {
        ("silent", "firing"), ("misshapen", "firing"), ("unreachable", "firing"), ("ok", "resolved")
    }  # fmt: skip
    for pack in made:
        assert [check for check in verify_pack(pack) if check.verdict != "agrees"] == []
        free = {*RULE, *GRID, "outage.detail", *PROOF.get(pack.outage.reported.get("kind", ""), ())}
        assert set(unfound(pack)) == free, (pack.outage.kind, pack.line.state)
    silent = next(one for one in made if one.outage.kind == "silent" and one.line.state == "firing")
    told = {**silent.outage.reported, "rates": [0.5] * 168}
    lie = msgspec.structs.replace(silent, outage=msgspec.structs.replace(silent.outage, reported=told))
    assert "expected by its rhythm" in [c.what for c in verify_pack(lie) if c.verdict == "differs"]
