"""Named crash points: `NEWSQUAKE_CRASH_AT=after_score:3` kills this process the third time it gets there.

os._exit(137) is what kill -9 looks like from inside: no handler runs, nothing is flushed. Tests run each name once.
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
    """Die here if told to."""
    wanted = os.environ.get("NEWSQUAKE_CRASH_AT")
    if not wanted:
        return
    where, _, count = wanted.partition(":")
    if where == name:
        _counts[name] = _counts.get(name, 0) + 1
        if _counts[name] >= int(count or 1):
            os._exit(137)
