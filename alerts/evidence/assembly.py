"""Assemble the evidence pack of an alert: everything it was decided from, so that one command derives it again.

Nothing here reads a clock or the store; alerts/evidence/verify/derivation.py checks a pack.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from alerts.detectors import KINDS
from alerts.evidence import sentence
from alerts.evidence.headlines import strongest_headlines
from alerts.evidence.schema import (
    SCHEMA,
    EvidenceArticle,
    EvidenceMention,
    EvidenceStory,
    HopArticle,
    Pack,
    hash_of,
)
from alerts.lifecycle.outage_proof import OutageProof
from alerts.records import AlertLine, Verdict, Window
from alerts.rules.immediate_rule import ImmediateRule
from alerts.rules.model import AnyRule, Rule
from alerts.rules.outage_rule import OutageRule
from alerts.windows.naming import MIN_RELEVANCE
from alerts.windows.series import entity_of, topic_of
from core.ids import text_hash
from core.records import UNIT_SCALE, Mention, ScoredArticle

MOST_ARTICLES = 500
"""Articles that a pack lists; of a larger window it has the number of the others, and cannot be recounted."""


@dataclass(frozen=True)
class Inputs:
    """The inputs of a pack. `state`: the detector's before the deciding step; `fit`: JSON, empty where static."""

    line: AlertLine
    rule: AnyRule
    rules_version: str
    articles: Sequence[tuple[ScoredArticle, str]]
    """Each article of the window and its story's id."""
    window: Window | None = None
    hop: Window | None = None
    verdict: Verdict | None = None
    threshold: float | None = None
    fit: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, bytes] = field(default_factory=dict)
    pane_ms: int = 60_000
    lateness_ms: int = 60_000
    outage: OutageProof | None = None
    left: Sequence[tuple[ScoredArticle, str]] | None = None
    """Of a hop that has left the window: its articles and their stories; None where they are unknown."""


def assemble(inputs: Inputs) -> bytes:
    """Return the pack as JSON bytes; the same inputs in any order of articles give the same bytes."""
    ordered = sorted(inputs.articles, key=lambda pair: (pair[0].article.available_at, pair[0].article.id))
    at_once = isinstance(inputs.rule, ImmediateRule)
    counted = [as_counted(scored, story, inputs.line.series, at_once) for scored, story in ordered]
    kept = counted[-MOST_ARTICLES:]
    made = Pack(
        schema=SCHEMA,
        line=inputs.line,
        sentence=sentence.both(inputs.line, inputs.rule, inputs.window, inputs.verdict, inputs.outage),
        rule=_rule(inputs),
        window=msgspec.structs.asdict(inputs.window) if inputs.window else None,
        hop=msgspec.structs.asdict(inputs.hop) if inputs.hop else None,
        verdict=msgspec.structs.asdict(inputs.verdict) if inputs.verdict else None,
        threshold=inputs.threshold,
        fit=inputs.fit,
        detector=_detector(inputs),
        articles=kept,
        left_out=len(counted) - len(kept),
        stories=_stories(counted),
        publishers=sorted({article.publisher for article in counted}),
        headlines=strongest_headlines(kept, _direction(inputs.rule)),
        model_versions=sorted({article.model_version for article in counted}),
        pane_ms=inputs.pane_ms,
        lateness_ms=inputs.lateness_ms,
        outage=inputs.outage or msgspec.UNSET,
        hop_articles=_hop(inputs),
    )
    return msgspec.json.encode(msgspec.structs.replace(made, hash=hash_of(made)))


def _direction(rule: AnyRule) -> str:
    if isinstance(rule, OutageRule):
        return "any"
    return rule.sentiment if isinstance(rule, ImmediateRule) else direction(rule.metric, rule.direction)


def direction(metric: str, way: str) -> str:
    """Return which articles explain a metric's move in direction `way` best: negative | positive | any."""
    if metric in ("negative_share", "negative_stories"):
        return "negative" if way != "down" else "positive"
    if metric in ("mean_sentiment", "net_sentiment"):
        return {"down": "negative", "up": "positive"}.get(way, "any")
    return "any"


def as_counted(scored: ScoredArticle, story: str, series: str, at_once: bool = False) -> EvidenceArticle:
    """Return the article as it counts in this series; `at_once`: as an immediate rule reads it."""
    article, relevance = scored.article, UNIT_SCALE
    own: Any = scored
    mention = _relevant_mention(scored, entity_of(series), 0 if at_once else MIN_RELEVANCE)
    if mention is not None:
        own, relevance = mention, mention.relevance
    return EvidenceArticle(
        id=article.id,
        revision=article.revision,
        text_hash=text_hash(article.title, article.body),
        title=article.title or article.body[:200],
        url=article.url,
        source=article.source,
        publisher=article.publisher,
        language=scored.language or article.language,
        published_at=article.published_at,
        available_at=article.available_at,
        story=story,
        p_negative=own.p_negative,
        p_neutral=own.p_neutral,
        p_positive=own.p_positive,
        abstained=own.abstained,
        relevance=relevance,
        topics=dict(sorted(scored.topics.items())),
        model_version=scored.model_version,
        topic_threshold=scored.topic_threshold if topic_of(series) and not at_once else msgspec.UNSET,
        mentions=[_mention(one) for one in scored.mentions]
        if at_once and entity_of(series)
        else msgspec.UNSET,
    )


def _relevant_mention(scored: ScoredArticle, entity: str, least: int) -> Mention | None:
    """The first mention of this company that is relevant enough."""
    named = (one for one in scored.mentions if entity and one.entity == entity and one.relevance >= least)
    return next(named, None)


def _mention(mention: Mention) -> EvidenceMention:
    return EvidenceMention(**{name: getattr(mention, name) for name in EvidenceMention.__struct_fields__})


def _hop(inputs: Inputs) -> list[HopArticle] | msgspec.UnsetType:
    if inputs.left is None or len(inputs.left) > MOST_ARTICLES:
        return msgspec.UNSET
    articles = [in_short(as_counted(scored, story, inputs.line.series)) for scored, story in inputs.left]
    return sorted(articles, key=lambda one: (one.available_at, one.id))


def in_short(article: EvidenceArticle) -> HopArticle:
    """Return the fields of the article that enter figures."""
    return HopArticle(**{name: getattr(article, name) for name in HopArticle.__struct_fields__})


def _stories(articles: Sequence[EvidenceArticle]) -> list[EvidenceStory]:
    by_story: dict[str, list[EvidenceArticle]] = {}
    for article in articles:
        by_story.setdefault(article.story, []).append(article)
    return [
        EvidenceStory(id=story, articles=len(group), publishers=len({article.publisher for article in group}))
        for story, group in sorted(by_story.items())
    ]


def _rule(inputs: Inputs) -> dict[str, Any]:
    rule = inputs.rule
    terms: dict[str, Any] = {
        "id": rule.id,
        "version": rule.version,
        "about": rule.about,
        "set": inputs.rules_version,
    }
    names = (
        "entities topics languages sentiment min_probability min_topic_probability min_relevance min_trust level"
        if isinstance(rule, ImmediateRule)
        else "kind sources exclude hold_ms resolve_after_ms level"
        if isinstance(rule, OutageRule)
        else "window_ms metric direction min_articles min_stories min_publishers hold_ms resolve_below "
        "resolve_after_ms severities budget_per_week threshold"
    )
    if isinstance(rule, Rule):
        later = ("min_negative_publishers", "min_stories_beside_one")
        names = " ".join([names, *(name for name in later if getattr(rule, name))])
    return terms | {name: getattr(rule, name) for name in names.split()} | {"content": dict(rule.content)}


def _detector(inputs: Inputs) -> dict[str, Any]:
    if not isinstance(inputs.rule, Rule):
        return {}
    state = {name: base64.b64encode(value).decode() for name, value in sorted(inputs.state.items())}
    return {
        "kind": inputs.rule.detector,
        "params": params_of(inputs.rule),
        "context": dict(inputs.context),
        "state": state,
        "state_hash": state_hash(inputs.state),
    }


def params_of(rule: Rule) -> dict[str, Any]:
    """Return the arguments of the rule's detector: its parameters, and direction and metric where it has them."""
    kind = KINDS.get(rule.detector)
    asked = {field.name for field in fields(kind.params)} if kind else set()
    given = {"direction": rule.direction, "metric": rule.metric}
    return {name: value for name, value in given.items() if name in asked} | dict(rule.params)


def state_hash(state: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of a detector's saved state, in hexadecimal."""
    whole = hashlib.sha256()
    for name, value in sorted(state.items()):
        for part in (name.encode(), value):
            whole.update(len(part).to_bytes(8, "big"))
            whole.update(part)
    return whole.hexdigest()
