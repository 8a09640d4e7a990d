"""Decoding a poll's records: those that the desk takes, dead letters, and the next offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from alerts.windows.record_check import record_fault
from core.bus.base import Received
from core.deadletter import dead_letter
from core.errors import InvalidRecord, Reason
from core.origins import MAX_LENGTH, OriginKind, record_origin
from core.records import DeadLetter, Health, Marker, ScoredArticle, decode

DeskRecord = ScoredArticle | Marker | Health


class _Origin(msgspec.Struct, frozen=True):
    origin: str = ""
    source: str = ""


class _Envelope(msgspec.Struct, frozen=True):
    article: _Origin = _Origin()


@dataclass(slots=True)
class PolledBatch:
    """A poll's decoded records."""

    records: list[tuple[int, DeskRecord]] = field(default_factory=list)
    """(partition, record), in the order of the poll."""
    dead: list[DeadLetter] = field(default_factory=list)
    next_offsets: dict[int, int] = field(default_factory=dict)
    poison: dict[int, int] = field(default_factory=dict)
    """Partition -> undecodable records in a row, up to its newest one."""

    @property
    def articles(self) -> list[ScoredArticle]:
        """The articles, in the order of the poll."""
        return [record for _, record in self.records if isinstance(record, ScoredArticle)]

    @property
    def health(self) -> list[Health]:
        """The health records, in the order of the poll."""
        return [record for _, record in self.records if isinstance(record, Health)]

    @property
    def markers(self) -> int:
        """The number of markers."""
        return sum(1 for _, record in self.records if isinstance(record, Marker))


def decode_batch(
    received: Sequence[Received], topic_id: str, now_ms: int, poison: dict[int, int]
) -> PolledBatch:
    """Decode the records of a poll; one that cannot be decoded or fails its checks becomes a dead letter. Never raises.

    `topic_id`: the log's id, for the origins of dead letters; `poison`: undecodable records in a row before this poll,
    by partition (not changed: the batch has its own).
    """
    batch = PolledBatch(poison=dict(poison))
    for one in received:
        batch.next_offsets[one.partition] = one.offset + 1
        try:
            record = decode(one.value, one.schema)
            if isinstance(record, ScoredArticle) and (wrong := record_fault(record)):
                raise InvalidRecord(Reason.BAD_SCHEMA, wrong)
            if not isinstance(record, (ScoredArticle, Marker, Health)):
                raise InvalidRecord(Reason.BAD_SCHEMA, f"{one.schema} has no place on {one.topic}")
        except InvalidRecord as error:
            batch.dead.append(_dead_letter(one, error, topic_id, now_ms))
            batch.poison[one.partition] = batch.poison.get(one.partition, 0) + 1
        else:
            batch.records.append((one.partition, record))
            batch.poison[one.partition] = 0
    return batch


def _dead_letter(one: Received, error: InvalidRecord, topic_id: str, now_ms: int) -> DeadLetter:
    """A dead letter with the article's own origin where that can still be read, so that the numbers add up."""
    try:
        known = msgspec.json.decode(one.value, type=_Envelope).article
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        known = _Origin()
    place = record_origin(OriginKind.SCORED_RECORD, topic_id, one.partition, one.offset)
    return dead_letter(
        origin=known.origin if 0 < len(known.origin) <= MAX_LENGTH else place,
        reason=error.reason,
        payload=one.value,
        at=now_ms,
        detail=error.detail,
        error="InvalidRecord",
        source=known.source[:200],
        topic=one.topic,
        partition=one.partition,
        offset=one.offset,
        key=(one.key or b"").decode("utf-8", "replace"),
    )
