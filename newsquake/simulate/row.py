"""A row of the simulated dump: what its text says, and what is true of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.ids import article_id, revision
from core.records import UNIT_SCALE, Article, Mention, ScoredArticle
from newsquake.simulate.world import Tone

MODEL_VERSION = "simulated/1"
SIGNATURE_BITS = 128
_REGISTERS = {"social": "social", "forum": "forum"}


@dataclass(slots=True)  # not frozen: that would cost a tenth of the speed
class SimulatedRow:
    """One row of the simulated dump, with what is true of it (which never stands in its text)."""

    id: str
    source: str
    publisher: str
    url: str
    title: str
    body: str
    language: str
    published_at: int
    available_at: int
    story: int
    kind: str
    tone: Tone
    topics: tuple[str, ...]
    entity: str
    name: str
    style: str
    signature: int = 0
    incident: str = ""

    def article(self, row: int = 0) -> Article:
        """The record that ingest would make of it."""
        return Article(
            id=article_id(self.source, url=self.url),
            revision=revision(self.title, self.body),
            origin=f"sim:{self.id}:{row}",
            source=self.source,
            publisher=self.publisher,
            url=self.url,
            title=self.title,
            body=self.body,
            language=self.language,
            published_at=self.published_at,
            first_seen_at=self.available_at,
            available_at=self.available_at,
        )

    def scored(self, draw: Callable[[], float], label_noise: float = 0.0, row: int = 0) -> ScoredArticle:
        """What a good classifier would say of it; `label_noise` is its share of wrong sentiments."""
        tone = self.tone
        if draw() < label_noise:
            tone = ("negative", "neutral", "positive")[int(draw() * 3)]
        sure = 6_500 + int(draw() * 3_300)
        rest = int((UNIT_SCALE - sure) * draw())
        other = UNIT_SCALE - sure - rest
        if tone == "negative":
            negative, neutral, positive = sure, max(rest, other), min(rest, other)
        elif tone == "positive":
            negative, neutral, positive = min(rest, other), max(rest, other), sure
        else:
            negative, neutral, positive = rest, sure, other
        mentions: tuple[Mention, ...] = ()
        if self.entity:
            mentions = (Mention(self.entity, self.name, 9_000, negative, neutral, positive),)
        return ScoredArticle(
            article=self.article(row),
            p_negative=negative,
            p_neutral=neutral,
            p_positive=positive,
            topics={topic: 9_500 - 900 * place for place, topic in enumerate(self.topics)},
            mentions=mentions,
            signature=f"{self.signature:0{SIGNATURE_BITS // 4}x}",
            language=self.language,
            register=_REGISTERS.get(self.style, "news"),
            model_version=MODEL_VERSION,
        )
