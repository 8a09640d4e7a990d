"""The contract of a channel: it sends one message, or says why not in one of three ways.

- ChannelUnavailable(after_s): not now. Retried by the schedule, not before `after_s` where the receiver asked for that;
  `Throttled` is meant for the whole channel.
- Refused: the receiver rejects this message for good; `Disabled`: all messages, for good.
- Anything else is a bug: the delivery worker logs it and retries by the schedule.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from alerts.delivery.content import Content
from core.errors import ChannelUnavailable, Refused
from core.settings import Section, Settings


class Throttled(ChannelUnavailable):
    """The receiver asks for fewer messages: the whole channel waits."""


class Disabled(Refused):
    """The receiver wants no more messages (HTTP 410): the channel is disabled until a person enables it."""


NAMELESS = ("", "")
Names = Callable[[str], tuple[str, str]]
"""From a company's id (`US:JPM`) to its names in English and in Chinese; NAMELESS where none is known."""


@dataclass(frozen=True)
class Message:
    """One notification to be sent. `id` is the same at every attempt."""

    id: str
    content: Content
    dashboard_url: str = ""
    company: tuple[str, str] = NAMELESS
    """The name of the company that it is about, in English and in Chinese; empty where it has none."""


class ChannelSettings(Section):
    """What the settings of every kind have."""

    name: str = Field(min_length=1)
    """How rules, the outbox and the command line refer to the channel; unique among all channels."""


class Channel(ABC):
    """One configured way to notify. Used from several threads at a time."""

    name: str

    @abstractmethod
    def send(self, message: Message, now_ms: int) -> str:
        """Send the message; blocks up to the channel's time-out. `now_ms` is the time of the attempt.

        Returns a remark for the outbox, empty where all went well. Raises ChannelUnavailable, Throttled, Refused or
        Disabled.
        """

    @abstractmethod
    def check(self) -> str:
        """Return why the receiver cannot be reached, empty if it can. Sends nothing to people."""


@dataclass(frozen=True)
class ChannelKind:
    """All that a kind of channel consists of; a folder of alerts/delivery/channels defines one as `KIND`."""

    name: str
    """As doctor and the docs call it; also the name of its folder."""
    section: str
    """The key under `delivery` in the settings, whose value is a list of `settings`."""
    settings: type[ChannelSettings]
    open: Callable[[Any, Settings], Channel]
    """From an entry of the section to its channel. Raises ConfigError; connects nowhere."""
    healthy: str
    """What doctor prints for a channel whose check finds nothing."""
    remedy: str
    """What doctor advises where the check finds something."""
    example: str
    """The section as `newsquake init` writes it: YAML, indented by two, the entries commented out."""
