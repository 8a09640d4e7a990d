"""The schema of an evidence pack, `evidence/1`: the field names are a published format.

A pack is JSON: the line of alerts.jsonl, the rule and its version, the window and its articles with hashes and scores
as they counted in this series, their stories and publishers, what was expected and from which fit, the detector's state
before the deciding step and the hop that it learned then, a sentence in English and in Chinese, and the strongest
headlines.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from alerts.lifecycle.outage_proof import OutageProof
from alerts.records import AlertLine
from core.records import UNIT_SCALE

SCHEMA = "evidence/1"


class EvidenceMention(msgspec.Struct, frozen=True, kw_only=True):
    """A company that the article of an immediate alert names, and the sentiment towards it. Shares in 1/10,000."""

    entity: str
    relevance: int
    p_negative: int
    p_neutral: int
    p_positive: int
    abstained: bool


class EvidenceArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An article as it counted in the alert's series. Shares in 1/10,000."""

    id: str
    revision: str
    text_hash: str
    title: str
    url: str
    source: str
    publisher: str
    language: str
    published_at: int
    available_at: int
    story: str
    p_negative: int
    p_neutral: int
    p_positive: int
    abstained: bool
    relevance: int = UNIT_SCALE
    topics: dict[str, int] = {}
    model_version: str = ""
    topic_threshold: int | msgspec.UnsetType = msgspec.UNSET
    """In a topic's series: from which probability on the article belongs to it."""
    mentions: list[EvidenceMention] | msgspec.UnsetType = msgspec.UNSET
    """Of an immediate alert about companies: all that the article names, as the most relevant one is taken."""


class HopArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An article of a hop that has left the window, as it counted: the detector learned from it in this step."""

    id: str
    revision: str
    publisher: str
    available_at: int
    story: str
    p_negative: int
    p_neutral: int
    p_positive: int
    abstained: bool


class EvidenceStory(msgspec.Struct, frozen=True, kw_only=True):
    """A story in the window: how many articles and publishers reported it."""

    id: str
    articles: int
    publishers: int


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """An evidence pack. `hash` is over everything else."""

    schema: str
    line: AlertLine
    sentence: dict[str, str]
    rule: dict[str, Any]
    window: dict[str, Any] | None
    hop: dict[str, Any] | None
    verdict: dict[str, Any] | None
    threshold: float | None
    fit: str
    detector: dict[str, Any]
    articles: list[EvidenceArticle]
    left_out: int
    stories: list[EvidenceStory]
    publishers: list[str]
    headlines: list[str]
    """Ids of the strongest articles, chosen to differ from one another."""
    model_versions: list[str]
    pane_ms: int
    lateness_ms: int
    hash: str = ""
    outage: OutageProof | msgspec.UnsetType = msgspec.UNSET
    """Of an outage: what ingest reported, and what follows from it."""
    hop_articles: list[HopArticle] | msgspec.UnsetType = msgspec.UNSET
    """What the hop holds where the window does not hold it; packs of before, and hops of thousands, lack it."""


def load(data: bytes | str) -> Pack:
    """Return the pack in `data`, JSON. Raises msgspec.DecodeError."""
    return msgspec.json.decode(data, type=Pack)


def hash_of(made: Pack) -> str:
    """Return the SHA-256 of the pack without its hash, in hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(made, hash=""))).hexdigest()
