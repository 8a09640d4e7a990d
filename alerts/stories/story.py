"""An open story and the fingerprints of its articles that new articles are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from alerts.stories.entry import Entry
from alerts.stories.facts import Facts
from core.times import DAY, HOUR

HORIZON_MS = 36 * HOUR
"""A story is open so long after its last article …"""
LONGEST_MS = 7 * DAY
"""… and at most so long after its first."""


class Fingerprint(msgspec.Struct, gc=False):
    """What is compared of an article. `at`: available_at, epoch ms; `signature`: 128 bits, 0 for none."""

    at: int
    article: str
    revision: str
    signature: int
    language: str
    facts: Facts


@dataclass(slots=True, eq=False)
class Story:
    """An open story. Times are the `available_at` of its first and last article, epoch ms."""

    id: str
    first_at: int
    last_at: int
    title: str
    representatives: list[Fingerprint]
    """Its first article and the next ones worded differently."""
    articles: int = 0
    publishers: list[str] = field(default_factory=list)
    """Sorted: of the few that most stories have, a list takes a third of what a set does."""

    def open_at(self, at: int) -> bool:
        """Return whether an article of `at` (epoch ms) may join: not too long after the last or after the first."""
        return self.last_at >= at - HORIZON_MS and self.first_at >= at - LONGEST_MS


def fingerprint_of(entry: Entry) -> Fingerprint:
    """Return what is compared of an article; an unreadable signature counts as none."""
    return Fingerprint(
        entry.at, entry.id, entry.revision, signature_bits(entry.signature), entry.language[:2], entry.facts
    )


def signature_bits(text: str) -> int:
    """Return the lowest 128 bits of a signature written in hexadecimal; 0 where there is none or it is unreadable."""
    try:
        return int(text, 16) & (1 << 128) - 1 if text else 0
    except ValueError:
        return 0
