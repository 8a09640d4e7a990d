"""Immediate rules as the desk runs them: one article is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from alerts.records import Severity
from alerts.rules.routes import channels_for
from alerts.windows.globs import matches
from core.records import UNIT_SCALE, ScoredArticle


@dataclass(frozen=True)
class ImmediateRule:
    """One article is enough. Shares in 1/10,000."""

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
        """The series that the article is an alert of, or None. Depends on this article alone."""
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
            return f"topic:{topics[0][1]}" if topics and self._felt(article) else None
        found = sorted(
            (-mention.relevance, mention.entity)
            for mention in article.mentions
            if mention.relevance >= self.min_relevance
            and any(matches(glob, mention.entity) for glob in self.entities)
            and self._felt(mention)
        )
        if not found:
            return None
        return f"entity:{found[0][1]}" + (f"/topic:{topics[0][1]}" if self.topics else "")

    def _felt(self, what: Any) -> bool:
        if self.sentiment == "any":
            return True
        if what.abstained:
            return False
        return getattr(what, f"p_{self.sentiment}") >= self.min_probability

    def channels(self, severity: Severity) -> tuple[str, ...]:
        """Names of the channels that hear of an alert of this severity; `*` is every channel."""
        return channels_for(self.route, severity)


def trust_of(trust: Mapping[str, int], default: int, publisher: str) -> int:
    """The publisher's own trust, else the longest glob's that matches, else the default."""
    if publisher in trust:
        return trust[publisher]
    fitting = [glob for glob in trust if "*" in glob and matches(glob, publisher)]
    return trust[max(fitting, key=lambda glob: (len(glob), glob))] if fitting else default
