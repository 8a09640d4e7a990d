"""The contract of all kinds of sources, which `tests/contract/test_source.py` runs over every registered kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import Refused, Retryable
from ingest.items.item import NewsItem
from ingest.sources.base_settings import SourceSettings
from ingest.web.fetch import Fetcher


@dataclass(frozen=True)
class PollContext:
    """What a poll may use."""

    fetcher: Fetcher
    now_ms: int
    known: Callable[..., bool]
    """known(key, mark=""): whether an item with this key was taken before (and the list said the same of it then):
    its page need not be fetched again."""
    stopping: Callable[[], bool] = lambda: False
    """Whether to end soon: what is left comes with the next poll."""


@dataclass
class PollResult:
    """What one poll of a source returned."""

    items: list[NewsItem] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    """Replaces the source's own part of its cursor, once its items are acknowledged."""
    unchanged: bool = False
    """The server said so (304): no news, and no sign of trouble either."""
    notes: list[str] = field(default_factory=list)
    """What went wrong without ending the poll."""
    unread: list[Refused | Retryable] = field(default_factory=list)
    """Linked pages that could not be read, and why."""
    named: list[str] = field(default_factory=list)
    """Keys of all that the list names now, known or not: they are remembered, however many."""
    keys: dict[str, str] = field(default_factory=dict)
    """Keys to remember beside those of `items`, with their marks: pages without an article, or to be tried again."""
    left: list[str] = field(default_factory=list)
    """Keys of new items whose pages were not fetched in this poll."""
    more: bool = False
    """There is more to fetch at once; poll again soon."""
    acknowledged: Callable[[], None] | None = None
    """Called once everything here is safe (a Kafka source commits its offsets). Raises Retryable or Fenced."""
    remark: str = ""
    """For `newsquake sources check`: why there are no items."""


class Source(ABC):
    """One source that is polled. Its kind's settings and the folder for relative paths are all it is made of.

    Every method may block (network, disk); one thread at a time calls them.
    """

    def __init__(self, settings: Any, folder: Path = Path()) -> None:
        """`settings`: of the kind's own model. Opens nothing. Never raises."""
        self._spec, self._folder = settings, folder

    @abstractmethod
    def poll(self, state: dict[str, Any], context: PollContext) -> PollResult:
        """Return what is new since `state`, the part of the source's cursor that the last acknowledged poll returned.

        Raises Refused (layout, terms, not a feed), Retryable (unavailable: the breaker waits longer and longer),
        ConfigError (a secret is not set) and OSError (a file cannot be read).
        """

    @abstractmethod
    def rebuild(self, raw: bytes, context: Mapping[str, Any]) -> NewsItem:
        """Return the item of a dead letter by the present settings; `raw` and `context` are those of its NewsItem.

        Raises Refused where there is no article in it, and ValueError where `raw` cannot be decoded.
        """

    def check(self, state: dict[str, Any], context: PollContext) -> PollResult:
        """Return what a first poll would return, without storing anything, for `newsquake sources check`.

        By default it polls without a state. Override it where that would be expensive or would consume items.
        Raises what `poll` raises.
        """
        return self.poll({}, context)

    def close(self) -> None:  # noqa: B027 - most sources hold nothing open
        """Release what is open; the next poll opens it again. By default nothing is."""


@dataclass(frozen=True)
class SourceKind:
    """What a kind's folder exports as KIND: its settings model, and its implementation, imported when it is needed."""

    settings: type[SourceSettings]
    implementation: Callable[[], type[Source]] | None
    passive: str = ""
    """In place of an implementation: where articles of a kind that is not polled come from, for people."""
