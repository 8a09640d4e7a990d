"""The protocol behind which all kinds of sources stand (tests/contract/test_source.py runs over every kind)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.errors import Refused, Retryable
from ingest.live.items import Item
from ingest.web.fetch import Answer, Fetcher
from ingest.web.urls import origin

TRIES = 3
"""Looks at which a linked page that cannot be had is asked for, before what there is must do."""


@dataclass(frozen=True)
class Context:
    """What a look at a source may use."""

    fetcher: Fetcher
    now_ms: int
    known: Callable[..., bool]
    """known(key, mark=""): whether an item with this key was taken before (and the list said the same of it then):
    its page need not be fetched again."""
    stopping: Callable[[], bool] = lambda: False
    """Whether to come to an end: what is left comes with the next look."""


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
    unread: list[Refused | Retryable] = field(default_factory=list)
    """Linked pages that could not be read, and why."""
    named: list[str] = field(default_factory=list)
    """Keys of all that the list names now, known or not: they are remembered, however many."""
    keys: dict[str, str] = field(default_factory=dict)
    """Keys to remember beyond those of `items`, with their marks: pages that are no article, or to be tried again."""
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


def tried(context: Context, key: str, mark: str = "") -> int | None:
    """How often the page behind this key was asked for in vain; None: never, or it is done with."""
    return next((times for times in range(TRIES) if context.known(key, again(mark, times))), None)


def again(mark: str, times: int) -> str:
    """The mark of an item whose page was asked for so often in vain, and shall be asked for again."""
    return f"{mark}?{times}" if times < TRIES else mark


def waits(error: Refused | Retryable) -> bool:
    """Whether the server only asked for time: that is no try, and no word on the page itself."""
    return isinstance(error, Retryable) and error.after_s is not None


def cut_short(page: Answer) -> bool:
    """Whether half of an HTML page lacks. A whole one under a wrong Content-Length is whole."""
    return page.cut and b"</html" not in page.body[-4096:].lower()


def headers_for(url: str, home: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    """The source's own headers (keys, cookies), where `url` is of its own origin; nobody else is told them."""
    return headers if origin(url) == origin(home) else {}


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
