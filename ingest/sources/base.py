"""The protocol behind which all kinds of sources stand (tests/contract/test_source.py runs over every kind)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ingest.fetch import Fetcher
from ingest.items import Item


@dataclass(frozen=True)
class Context:
    """What a look at a source may use."""

    fetcher: Fetcher
    now_ms: int
    known: Callable[..., bool]
    """known(key, mark=""): whether an item with this key was taken before (and the list said the same of it then):
    its page need not be fetched again."""
    stopping: Callable[[], bool] = lambda: False


@dataclass
class Look:
    """What one look at a source brought."""

    items: list[Item] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    """Replaces the source's own part of its cursor, once its items are acknowledged."""
    unchanged: bool = False
    """The server said so (304): no news, and no sign of trouble either."""
    notes: list[str] = field(default_factory=list)
    """What did not go well without stopping the look."""
    keys: list[str] = field(default_factory=list)
    """Keys that were seen and need not be looked at again, beyond those of `items`."""
    left: list[str] = field(default_factory=list)
    """Keys of new items that were seen and not taken this time, for their pages' sake."""
    more: bool = False
    """There is more to fetch at once; look again soon."""
    acknowledged: Callable[[], None] | None = None
    """Called once everything here is safe (a Kafka source commits its offsets)."""


class Source(Protocol):
    """One source. `look` may block (network, disk); it is called by one thread at a time.

    Raises Refused (layout, terms, not a feed: the breaker opens slowly), Retryable (away: it opens with back-off).
    """

    def look(self, state: dict[str, Any], context: Context) -> Look:
        """What is new since `state`."""

    def close(self) -> None:
        """Let go."""


def dig(data: Any, path: str) -> Any:
    """The value at a dotted path, `a.0.b`; None where there is none.

    >>> dig({"a": [{"b": 1}]}, "a.0.b")
    1
    """
    for step in filter(None, path.split(".")):
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and step.lstrip("-").isdigit() and -len(data) <= int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data
