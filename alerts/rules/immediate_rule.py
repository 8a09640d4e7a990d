"""Immediate rules as a desk runs them: each article is decided by itself, on arrival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from alerts.records import Severity
from alerts.rules.routes import channels_for
from alerts.windows.globs import matches
from core.records import UNIT_SCALE, Mention, ScoredArticle


@dataclass(frozen=True)
class ImmediateRule:
    """A rule for which one article is enough. Shares are in 1/10,000."""

    id: str
    version: str
    about: str
    entities: tuple[str, ...]
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    sentiment: Literal["negative", "positive", "any"]
    min_probability: int
    min_topic_probability: int
    min_relevance: int
    min_trust: int
    level: Severity
    route: Mapping[str, tuple[str, ...]]
    trust: Mapping[str, int] = field(repr=False)
    default_trust: int = UNIT_SCALE // 2
    content: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def match(self, article: ScoredArticle) -> str | None:
        """Return the series of the alert that the article raises, None where it raises none.

        Depends on this article alone: the most probable topic and the most relevant company that meet the rule.
        """
        if self.languages and (article.language or article.article.language) not in self.languages:
            return None
        if trust_of(self.trust, self.default_trust, article.article.publisher) < self.min_trust:
            return None
        topics = sorted(
            (-probability, name)
            for name, probability in article.topics.items()
            if probability >= self.min_topic_probability
            and (not self.topics or any(matches(glob, name) for glob in self.topics))
        )
        if self.topics and not topics:
            return None
        if not self.entities:
            return f"topic:{topics[0][1]}" if topics and self._has_sentiment(article) else None
        found = sorted(
            (-mention.relevance, mention.entity)
            for mention in article.mentions
            if mention.relevance >= self.min_relevance
            and any(matches(glob, mention.entity) for glob in self.entities)
            and self._has_sentiment(mention)
        )
        if not found:
            return None
        return f"entity:{found[0][1]}" + (f"/topic:{topics[0][1]}" if self.topics else "")

    def _has_sentiment(self, what: ScoredArticle | Mention) -> bool:
        if self.sentiment == "any":
            return True
        if what.abstained:
            return False
        return (what.p_negative if self.sentiment == "negative" else what.p_positive) >= self.min_probability

    def channels(self, severity: Severity) -> tuple[str, ...]:
        """Return the names of the channels that an alert of this severity notifies; `*` is every channel."""
        return channels_for(self.route, severity)


def trust_of(trust: Mapping[str, int], default: int, publisher: str) -> int:
    """Return the publisher's own trust, else that of the longest glob that matches, else `default` (1/10,000)."""
    if publisher in trust:
        return trust[publisher]
    fitting = [glob for glob in trust if "*" in glob and matches(glob, publisher)]
    return trust[max(fitting, key=lambda glob: (len(glob), glob))] if fitting else default
