"""Dead letters: nothing that cannot be processed is lost, and each says why.

Written to `news.dead` first and, once acknowledged, mirrored in the store with its origin settled: a crash between
the two repeats the topic's record, never the store's row. Where the topic or the store is away, this raises and the
caller holds its position: never dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from sqlalchemy import update

from core.bus.base import DEAD, Producer
from core.errors import Reason
from core.metrics import DEAD_LETTERS
from core.records import DeadLetter
from core.store import Store, insert_absent
from core.tables import dead, origins

PAYLOAD_BYTES = 650_000
"""On the topic: base64 makes 900 kB of it, the most that stands beside the rest in one record."""
CONTEXT_BYTES = 50_000
"""On the topic."""
KEPT_BYTES = 4 << 20
"""In the store, which a replay reads: an article is at most 900 kB, the page or row it came in a few times that."""


def dead_letter(
    *, origin: str, reason: Reason, payload: bytes, at: int, detail: str = "", error: str = "InvalidRecord",
    source: str = "", topic: str = "", partition: int = -1, offset: int = -1, key: str = "", attempts: int = 1,
    context: str = "",
) -> DeadLetter:  # fmt: skip
    """A dead letter; the payload is cut to what is kept, its hash is of the whole (so that a cut one can be told)."""
    digest = hashlib.sha256(payload).hexdigest()
    if len(context) > KEPT_BYTES:  # without it the bytes would give another article: better none
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


def _for_topic(letter: DeadLetter) -> DeadLetter:
    if len(letter.payload) <= PAYLOAD_BYTES and len(letter.context) <= CONTEXT_BYTES:
        return letter
    context = letter.context if len(letter.context) <= CONTEXT_BYTES else ""
    return msgspec.structs.replace(letter, payload=letter.payload[:PAYLOAD_BYTES], context=context)


def bury(letters: Sequence[DeadLetter], producer: Producer, store: Store, stage: str) -> None:
    """Write the letters to the topic and the store. Raises BusUnavailable or StoreUnavailable; then try again."""
    if not letters:
        return
    for letter in letters:
        producer.send(DEAD, _for_topic(letter), key=letter.origin, partition=0)
    producer.flush()
    with store.write() as connection:
        insert_absent(connection, dead, [msgspec.structs.asdict(letter) for letter in letters])
        # Tried again by a person (dlq replay) and dead once more.
        connection.execute(
            update(dead)
            .where(dead.c.origin.in_([letter.origin for letter in letters]), dead.c.status == "replayed")
            .values(status="dead", attempts=dead.c.attempts + 1)
        )
        insert_absent(
            connection,
            origins,
            [
                {
                    "origin": letter.origin,
                    "kind": "dead",
                    "source": letter.source,
                    "reason": str(letter.reason),
                }
                for letter in letters
            ],
        )
    for letter in letters:
        DEAD_LETTERS.labels(stage, str(letter.reason)).inc()
