"""Named crash points: `NEWSQUAKE_CRASH_AT=after_score:3` ends this process the third time it reaches the point.

os._exit(137) acts like kill -9: no handler runs, nothing is flushed. Tests run each name once.
"""

from __future__ import annotations

import os

POINTS = (
    "after_poll",
    "after_score",
    "after_produce",
    "before_offset_commit",
    "after_offset_commit",
    "before_store_commit",
    "after_store_commit",
    "after_hand_over",
    "before_cursor",
    "after_cursor",
    "after_send",
    "before_mark_sent",
)
_counts: dict[str, int] = {}


def point(name: str) -> None:
    """End the process with status 137 if NEWSQUAKE_CRASH_AT names this point and this is the pass it asks for."""
    wanted = os.environ.get("NEWSQUAKE_CRASH_AT")
    if not wanted:
        return
    where, _, count = wanted.partition(":")
    if where == name:
        _counts[name] = _counts.get(name, 0) + 1
        if _counts[name] >= int(count or 1):
            os._exit(137)
