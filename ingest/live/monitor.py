"""The health of all live sources: each one's rhythm and breaker, and when a Health record is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from core.records import Article, Health
from core.times import HOUR, MINUTE
from ingest.live.breaker import OPEN_AFTER
from ingest.live.cursor import Cursor
from ingest.live.rhythm import NOTHING, SILENT_AT, Rhythm, shape_of
from ingest.sources.base_settings import SourceSettings

REPORT_EVERY_MS = 5 * MINUTE


class SourceMonitor:
    """Watches these sources. Pure: it is given the time."""

    def __init__(self, specs: Sequence[SourceSettings]) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._reported: dict[str, tuple[int, str]] = {}
        self._changed: dict[str, int] = {}
        """When each source's status became what it is."""
        self._seen: dict[str, int] = {}

    def rhythm(self, cursor: Cursor) -> Rhythm:
        """Return the rhythm of the cursor's source from the cursor's state."""
        spec = self._specs[cursor.name]
        return Rhythm(cursor.rhythm, spec.timezone, spec.calendar)

    def note_poll(
        self, cursor: Cursor, now_ms: int, articles: Sequence[Article], empty: Sequence[str], unchanged: bool
    ) -> None:
        """Record a successful poll. `empty`: origins of items that had no text at all."""
        rhythm = self.rhythm(cursor)
        rhythm.watch(now_ms, len(articles))
        if not unchanged:
            shapes = [shape_of(article) for article in articles]
            rhythm.note_shape([*shapes, *((NOTHING, origin) for origin in empty)])
        cursor.rhythm = rhythm.state
        self._seen[cursor.name] = self._seen.get(cursor.name, 0) + len(articles)

    def due(self, now_ms: int, cursors: Mapping[str, Cursor]) -> list[Health]:
        """Health records to publish now: at every change of status, and every five minutes.

        A status that lasts is published less and less often, each hour in the end: a silence carries its whole proof.
        """
        found = []
        for name, spec in self._specs.items():
            reported_at, reported = self._reported.get(name, (0, ""))
            if not spec.watch or now_ms - reported_at < MINUTE:
                continue
            health = self.health(cursors[name], now_ms, reported_at or now_ms)
            if health.status != reported:
                self._changed[name] = now_ms
            lasted = 0 if health.status == "ok" else now_ms - self._changed[name]
            wait = max(REPORT_EVERY_MS, min(lasted // 12, HOUR))
            if health.status != reported or now_ms - reported_at >= wait:
                self._reported[name] = (now_ms, health.status)
                self._seen[name] = 0
                found.append(health)
        return found

    def health(self, cursor: Cursor, now_ms: int, since_ms: int) -> Health:
        """Return the health of a cursor's source now. `since_ms`: when it was last reported."""
        rhythm, breaker = self.rhythm(cursor), cursor.breaker
        seen = self._seen.get(cursor.name, 0)
        quiet = rhythm.quiet_since or since_ms
        # What nobody looked at for hours was not silent: that is known when it has been looked at again.
        looked = now_ms - rhythm.watched_until <= 2 * HOUR
        missing = rhythm.expected(quiet, now_ms) if rhythm.learnt and looked else 0.0
        status: Literal["silent", "broken"]
        if breaker.open:
            status, detail = "broken", breaker.error
            since = breaker.since or quiet
            proof = {
                "kind": "unreachable", "failures": breaker.failures, "retry_at": breaker.retry_at,
                "failures_at_least": OPEN_AFTER,
            }  # fmt: skip
        elif rhythm.misshapen:
            status, detail = "broken", "titles or bodies that used to be there are empty"
            since, proof = rhythm.last_at or since_ms, rhythm.proof_of_shape()
        elif missing >= SILENT_AT:
            status, detail = "silent", f"{missing:.1f} articles were to be expected since its last one"
            since, proof = quiet, rhythm.proof_of_silence()
        else:
            return Health(
                source=cursor.name, at=now_ms, status="ok", seen=seen, since=since_ms,
                expected=round(rhythm.expected(since_ms, now_ms), 3) if rhythm.learnt else 0.0,
            )  # fmt: skip
        return Health(
            source=cursor.name, at=now_ms, status=status, expected=round(missing, 3), seen=0, since=since,
            detail=detail[:300], proof=proof,
        )  # fmt: skip
