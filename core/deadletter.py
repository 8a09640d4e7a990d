"""Dead letters: a record that cannot be processed is kept with its original bytes and the reason.

It is written to the topic `news.dead` first and, once acknowledged, mirrored in the store with its origin settled: a
crash between the two repeats the topic's record, never the store's row. Where the broker or the store is unavailable
this raises, and the caller holds its position: no dead letter is dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum

import msgspec
from sqlalchemy import update

from core.bus.base import DEAD, Producer
from core.errors import Reason
from core.metrics import DEAD_LETTERS
from core.origins import IngestOutcome
from core.records import DeadLetter
from core.store import Store, insert_absent
from core.tables import dead, origins

PAYLOAD_BYTES = 650_000
"""Of the payload on the topic: base64 makes 900 kB of it, which leaves room for the rest within one record."""
CONTEXT_BYTES = 50_000
"""Of the context on the topic; a larger one is left out there."""
KEPT_BYTES = 4 << 20
"""Of the payload in the store, which a replay reads: an article is at most 900 kB, its page or row a few times that."""


class DeadLetterStatus(StrEnum):
    """What was done with a dead letter since: the column `status` of the table `dead`."""

    DEAD = "dead"
    REPLAYED = "replayed"
    PURGED = "purged"
    """Its bytes were deleted; that it died stays counted."""


def dead_letter(
    *, origin: str, reason: Reason, payload: bytes, at: int, detail: str = "", error: str = "InvalidRecord",
    source: str = "", topic: str = "", partition: int = -1, offset: int = -1, key: str = "", attempts: int = 1,
    context: str = "",
) -> DeadLetter:  # fmt: skip
    """Return a dead letter. `at`: milliseconds; `context`: JSON that the source needs beside the payload to try again.

    The payload is cut to KEPT_BYTES, its hash is that of the whole payload, so that a cut one can be recognised. A
    context over KEPT_BYTES leaves neither: without it the payload would give another article.
    """
    digest = hashlib.sha256(payload).hexdigest()
    if len(context) > KEPT_BYTES:
        payload, context = b"", ""
    return DeadLetter(
        origin=origin,
        source=source,
        topic=topic,
        partition=partition,
        offset=offset,
        key=key,
        payload=payload[:KEPT_BYTES],
        payload_hash=digest,
        error=error[:200],
        reason=reason,
        detail=detail[:2000],
        attempts=attempts,
        at=at,
        context=context,
    )


def publish_dead_letters(
    dead_letters: Sequence[DeadLetter], producer: Producer, store: Store, stage: str
) -> None:
    """Write dead letters to the topic, then to the store, and count them for `stage`. Idempotent in the store.

    Raises BusUnavailable or StoreUnavailable; then call it again with the same dead letters.
    """
    if not dead_letters:
        return
    for one in dead_letters:
        producer.send(DEAD, _for_topic(one), key=one.origin, partition=0)
    producer.flush()
    with store.write() as connection:
        insert_absent(connection, dead, [msgspec.structs.asdict(one) for one in dead_letters])
        # One that was replayed (dlq replay) and is dead again.
        connection.execute(
            update(dead)
            .where(
                dead.c.origin.in_([one.origin for one in dead_letters]),
                dead.c.status == DeadLetterStatus.REPLAYED.value,
            )
            .values(status=DeadLetterStatus.DEAD.value, attempts=dead.c.attempts + 1)
        )
        insert_absent(connection, origins, [_settled(one) for one in dead_letters])
    for one in dead_letters:
        DEAD_LETTERS.labels(stage, str(one.reason)).inc()


def _for_topic(letter: DeadLetter) -> DeadLetter:
    if len(letter.payload) <= PAYLOAD_BYTES and len(letter.context) <= CONTEXT_BYTES:
        return letter
    context = letter.context if len(letter.context) <= CONTEXT_BYTES else ""
    return msgspec.structs.replace(letter, payload=letter.payload[:PAYLOAD_BYTES], context=context)


def _settled(letter: DeadLetter) -> dict[str, str]:
    """Its row in `origins`."""
    return {
        "origin": letter.origin,
        "kind": IngestOutcome.DEAD.value,
        "source": letter.source,
        "reason": str(letter.reason),
    }
