"""An article id counts once within seven days; the order of panes decides which of its revisions counts.

Revisions are rare, so only ids with a second revision are held here; the worker finds those in the store.
"""

from __future__ import annotations

from alerts.stories.entry import Entry
from core.times import WEEK

ONCE_WITHIN_MS = WEEK
"""Within this long a further revision of an id does not count."""


class RevisionDeduplicator:
    """Ids with several revisions, and the event time (epoch ms) at which each last counted."""

    def __init__(self) -> None:
        self._counted: dict[str, int | None] = {}

    def flag(self, article: str, counted_at: int | None) -> None:
        """Record an id with several revisions. `counted_at`: the time (epoch ms) of the newest counted one, or None."""
        known = self._counted.get(article)
        if known is None or (counted_at is not None and counted_at > known):
            self._counted[article] = counted_at

    def count(self, entry: Entry) -> bool:
        """Return whether this revision is a new one, and remember it if so. Call in the order in which panes close."""
        if entry.id not in self._counted:
            return True
        last = self._counted[entry.id]
        if last is not None and entry.at - last < ONCE_WITHIN_MS:
            return False
        self._counted[entry.id] = entry.at
        return True
