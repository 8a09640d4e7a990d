"""Deriving an immediate alert again from its evidence pack: one article, checked against every term of the rule.

The series follows from the article as the rule reads it: the most probable of its topics that the rule asks for, and
the most relevant of its companies that meets it with the sentiment that the rule asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from alerts.engine.immediate import LASTS_MS
from alerts.engine.schedule import ceil_to
from alerts.evidence import schema, sentence
from alerts.evidence.verify.checks import Check, same
from alerts.evidence.verify.recount import bounds, list_checks, shares
from alerts.evidence.verify.rule_terms import immediate_terms, same_fields
from alerts.lifecycle.alert import immediate_id
from alerts.windows.globs import matches
from alerts.windows.series import entity_of
from core.records import UNIT_SCALE
from core.times import iso

Scored = schema.EvidenceArticle | schema.EvidenceMention


def immediate_checks(pack: schema.Pack) -> Iterator[Check]:
    """Yield all checks of an immediate alert's pack."""
    if len(pack.articles) != 1:
        yield Check("article", "differs", f"expected one, the pack has {len(pack.articles)}")
        return
    line, article = pack.line, pack.articles[0]
    rule = immediate_terms(pack.rule["content"])
    made = immediate_id(line.rule, line.rule_version, article.id, article.revision)
    yield same("alert's id", line.id, made)
    yield same_fields("rule's terms", pack.rule, rule)
    yield same("onset", line.onset, iso(article.available_at))
    if line.state == "resolved":
        due = ceil_to(article.available_at + LASTS_MS, pack.pane_ms) + pack.lateness_ms
        yield same("decided at", line.decided_at, iso(due))
    else:
        yield same("state", line.state, "firing")
        yield same("decided at", line.decided_at, line.onset)
    yield same("severity", line.severity, rule["level"])
    yield shares([article])
    yield bounds([article])
    yield from _terms(rule, pack.rule["content"], article)
    yield from _series(rule, line.series, article)
    for name in ("articles", "stories", "publishers"):
        yield same(f"line's {name}", getattr(line, name), 1)
    for name in ("observed", "expected", "p_value"):
        yield same(f"line's {name}", getattr(line, name), None)
    yield same("article ids", line.article_ids, [article.id])
    yield from list_checks(pack, 1, 1, 1)
    yield same("headlines", pack.headlines, [article.id])
    yield same("sentence", pack.sentence, sentence.immediate(line))
    yield nothing_else(pack, articles=True)


def nothing_else(pack: schema.Pack, *, articles: bool = False) -> Check:
    """Check that the pack of an alert without a window holds no window's parts (nor articles, unless it has some)."""
    empty: list[Any] = [
        pack.window,
        pack.hop,
        pack.verdict,
        pack.threshold,
        pack.fit,
        pack.detector,
        pack.left_out,
    ]
    if not articles:
        empty += [pack.articles, pack.stories, pack.publishers, pack.headlines, pack.model_versions]
    held = [part for part in empty if part] or not isinstance(pack.hop_articles, msgspec.UnsetType)
    return Check("window and detector", "differs" if held else "agrees", "none, as none was asked")


def _terms(
    rule: Mapping[str, Any], content: Mapping[str, Any], article: schema.EvidenceArticle
) -> Iterator[Check]:
    """Yield checks of language and trust."""
    asked = rule["languages"]
    if asked:
        met = article.language in asked
        yield Check("language", "agrees" if met else "differs", f"{article.language} of {', '.join(asked)}")
    if rule["min_trust"]:
        trust = _trust(content, article.publisher)
        detail = f"{article.publisher} {trust} ≥ {rule['min_trust']}"
        yield Check("publisher's trust", "agrees" if trust >= rule["min_trust"] else "differs", detail)


def _trust(content: Mapping[str, Any], publisher: str) -> int:
    """Return the publisher's own trust, else that of the longest glob that matches, else the default (1/10,000)."""
    known: Mapping[str, int] = content["trust"]
    if publisher in known:
        return known[publisher]
    fitting = sorted((len(glob), glob) for glob in known if "*" in glob and matches(glob, publisher))
    return known[fitting[-1][1]] if fitting else round(content["default_trust"] * UNIT_SCALE)


def _series(rule: Mapping[str, Any], series: str, article: schema.EvidenceArticle) -> Iterator[Check]:
    """Yield checks of the series, by topic and company, and of the sentiment that the rule requires."""
    asked, least = rule["topics"], rule["min_topic_probability"]
    topics = [
        (share, name)
        for name, share in article.topics.items()
        if share >= least and (not asked or any(matches(glob, name) for glob in asked))
    ]
    best = min(topics, key=lambda one: (-one[0], one[1]), default=None)
    if asked or not rule["entities"]:
        detail = (
            f"{best[1]} {best[0]} ≥ {least}"
            if best
            else f"none at {least} or above of {', '.join(asked) or 'any'}"
        )
        yield Check("topic", "agrees" if best else "differs", detail)
    if not rule["entities"]:
        yield same("relevance", article.relevance, UNIT_SCALE)
        yield _sentiment(rule, article)
        yield same("series", series, f"topic:{best[1]}" if best else "")
        return
    entity, tail = entity_of(series), f"/topic:{best[1]}" if best and asked else ""
    yield _company(rule, entity)
    detail = f"{entity} {article.relevance} ≥ {rule['min_relevance']}"
    relevant = rule["min_relevance"] <= article.relevance <= UNIT_SCALE
    yield Check("relevance", "agrees" if relevant else "differs", detail)
    yield _sentiment(rule, article)
    if isinstance(article.mentions, msgspec.UnsetType):
        yield same("series", series, f"entity:{entity}{tail}")
        yield Check("company", "unknown", "not in this pack: which other companies the article names")
        return
    yield _counted(entity, article, article.mentions)
    met = [one for one in article.mentions if _meets(rule, one)]
    first = min(met, key=lambda one: (-one.relevance, one.entity), default=None)
    yield same("series", series, f"entity:{first.entity}{tail}" if first else "")


def _counted(
    entity: str, article: schema.EvidenceArticle, mentions: Sequence[schema.EvidenceMention]
) -> Check:
    """Check that the scores that counted are the article's own for the company."""
    own = next((one for one in mentions if one.entity == entity), None)
    names = ("relevance", "p_negative", "p_neutral", "p_positive", "abstained")
    counted = [getattr(article, name) for name in names]
    return same("as it speaks of the company", counted, [getattr(own, name, None) for name in names])


def _meets(rule: Mapping[str, Any], mention: schema.EvidenceMention) -> bool:
    return (
        mention.relevance >= rule["min_relevance"]
        and any(matches(glob, mention.entity) for glob in rule["entities"])
        and _sentiment(rule, mention).verdict == "agrees"
    )


def _company(rule: Mapping[str, Any], entity: str) -> Check:
    met = any(matches(glob, entity) for glob in rule["entities"])
    return Check(
        "company", "agrees" if met else "differs", f"{entity} is {'' if met else 'not '}one that it asks for"
    )


def _sentiment(rule: Mapping[str, Any], what: Scored) -> Check:
    wanted = str(rule["sentiment"])
    if wanted == "any":
        return Check("condition", "agrees", "any sentiment")
    share = {"negative": what.p_negative, "positive": what.p_positive}[wanted]
    enough = share >= rule["min_probability"] and not what.abstained
    detail = f"{wanted} {share} ≥ {rule['min_probability']}"
    return Check("condition", "agrees" if enough else "differs", detail)
