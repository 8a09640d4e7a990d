"""What a channel is: it sends one message, or says why not in the only three ways there are.

- ChannelUnavailable(after_s): not now; try again by the schedule, not before `after_s` where the receiver said so.
  `Throttled` is one that is meant for the whole channel.
- Refused: the receiver said no to this message for good. `Disabled`: to all messages, for good.
- Anything else is a bug: the worker records it, and tries again by the schedule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from alerts.delivery.content import Content
from core.errors import ChannelUnavailable, Refused


class Throttled(ChannelUnavailable):
    """The receiver asks for fewer messages: the whole channel waits."""


class Disabled(Refused):
    """The receiver wants none any more (HTTP 410): the channel is switched off until a person says otherwise."""


NAMELESS = ("", "")
Names = Callable[[str], tuple[str, str]]
"""From a company's id (`US:JPM`) to its names in English and in Chinese; NAMELESS where nobody knows it."""


@dataclass(frozen=True)
class Message:
    """One notification to be sent. `id` is the same at every try."""

    id: str
    content: Content
    dashboard_url: str = ""
    company: tuple[str, str] = NAMELESS
    """The name of the company that it is about, in English and in Chinese; empty where it has none."""


class Channel(Protocol):
    """One way to somebody."""

    name: str

    def send(self, message: Message, now_ms: int) -> str:
        """Send; may block up to its time-out. Returns a remark for the log (empty: all went well)."""

    def check(self) -> str:
        """Whether it can be reached, without sending anything; returns what is wrong, in words (empty: nothing)."""
