"""Origins: where each thing that was read stood, and how it ended. The store's table `origins` is keyed by their text.

An origin is written `KIND:PLACE`. The text is what stands in records and in the store; `Origin` is what it means.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from core.ids import digest

MAX_LENGTH = 80
"""Characters that the store keeps of an origin."""


class OriginKind(StrEnum):
    """What a place is in; the value is the prefix in the text."""

    FILE_ROW = "f"
    """A row of a dump that is replayed."""
    SOURCE_ITEM = "s"
    """An item of a live source, or an article that was pushed."""
    RAW_RECORD = "k"
    """A record of `news.raw` that names no origin of its own (the classifier's dead letters)."""
    SCORED_RECORD = "t"
    """A record of `news.scored` that names no origin of its own (the alert worker's dead letters)."""
    UNKNOWN = ""
    """Written by none of ours."""


class IngestOutcome(StrEnum):
    """How an origin ended: the column `kind` of the table `origins`."""

    ARTICLE = "article"
    DUPLICATE = "duplicate"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Origin:
    """The place that something was read from; `str()` gives the text of it that `parse` reads."""

    kind: OriginKind
    place: str
    """Inside its kind: `HASH:ROW`, the hash of source, key and revision, or `TOPIC:PARTITION:OFFSET`."""

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Return the origin that a text names, of kind UNKNOWN where the prefix is not known. Never raises.

        >>> Origin.parse("f:9f86d081884c7d65:7")
        Origin(kind=<OriginKind.FILE_ROW: 'f'>, place='9f86d081884c7d65:7')
        """
        prefix, colon, place = text.partition(":")
        if colon and prefix in _PREFIXES:
            return cls(OriginKind(prefix), place)
        return cls(OriginKind.UNKNOWN, text)

    def __str__(self) -> str:
        return f"{self.kind}:{self.place}" if self.kind else self.place


_PREFIXES = frozenset(kind.value for kind in OriginKind if kind)


def file_origin(file_hash: str, row: int) -> str:
    """Return the text of the origin of a dump's row: the same when the file is read again."""
    return f"f:{file_hash[:16]}:{row}"  # 70,000 a second in a replay: written without an Origin in between


def source_origin(source: str, key: str, rev: str) -> str:
    """Return the text of the origin of something fetched or pushed: the same when it is fetched or sent again."""
    return str(Origin(OriginKind.SOURCE_ITEM, digest("origin", source, key, rev)))


def record_origin(
    kind: Literal[OriginKind.RAW_RECORD, OriginKind.SCORED_RECORD], topic_id: str, partition: int, offset: int
) -> str:
    """Return the text of the origin of a topic's record that names none itself; at most MAX_LENGTH characters."""
    return str(Origin(kind, f"{topic_id[:36]}:{partition}:{offset}"))[:MAX_LENGTH]
