"""The kinds of channel and the configured channels: the one place that settings, construction and names follow from.

A folder of this package that is no complete kind is an error as soon as this module is imported.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

import alerts.delivery.channels as package
from alerts.delivery.channels.contract import Channel, ChannelKind, ChannelSettings
from core.errors import ConfigError
from core.sections import check_section
from core.settings import Settings


def discover() -> tuple[ChannelKind, ...]:
    """Return the kinds that the folders of this package define, by name.

    Raises ConfigError for a folder without a ChannelKind of its own name, or for two kinds with one section.
    """
    found: list[ChannelKind] = []
    for module in pkgutil.iter_modules(package.__path__):
        if not module.ispkg:
            continue
        kind = getattr(import_module(f"{package.__name__}.{module.name}"), "KIND", None)
        if not isinstance(kind, ChannelKind) or kind.name != module.name:
            raise ConfigError(
                f"alerts/delivery/channels/{module.name}: expected KIND, a ChannelKind of that name"
            )
        if not issubclass(kind.settings, ChannelSettings):
            raise ConfigError(f"alerts/delivery/channels/{module.name}: settings is no ChannelSettings")
        if any(kind.section == other.section for other in found):
            raise ConfigError(
                f"alerts/delivery/channels/{module.name}: the section {kind.section!r} is taken"
            )
        found.append(kind)
    return tuple(sorted(found, key=lambda one: one.name))


KINDS = discover()


@cache
def _model() -> type[BaseModel]:
    fields: dict[str, Any] = {kind.section: (list[kind.settings], []) for kind in KINDS}  # type: ignore[name-defined]
    fields["dashboard_url"] = (str, "")  # known beside them, so that a misspelling is an error
    return create_model("ChannelSections", __config__=ConfigDict(extra="forbid", frozen=True), **fields)


def channel_settings(settings: Settings) -> list[tuple[ChannelKind, ChannelSettings]]:
    """Return each configured channel's kind and settings, in the order of the kinds and of the file.

    Raises ConfigError for an unknown kind, for every fault in an entry (with file and line), and for a name that two
    channels have.
    """
    checked = check_section(settings, "delivery", settings.delivery.sections, _model())
    found = [(kind, entry) for kind in KINDS for entry in getattr(checked, kind.section)]
    names = [entry.name for _, entry in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"delivery: two channels are called {name!r}; give each its own name")
    return found


def channel_names(settings: Settings) -> list[str]:
    """Return the names of all configured channels, in the order of `channel_settings`.

    Raises ConfigError for an unknown kind, a fault in an entry, or a name that two channels have.
    """
    return [entry.name for _, entry in channel_settings(settings)]


def open_channels(settings: Settings) -> dict[str, Channel]:
    """Return all configured channels by name; connects nowhere.

    Raises ConfigError for faults in their settings.
    """
    return {entry.name: kind.open(entry, settings) for kind, entry in channel_settings(settings)}


def example(kinds: Iterable[ChannelKind] = KINDS) -> str:
    """Return the sections of all kinds as `newsquake init` writes them, in YAML."""
    return "".join(kind.example for kind in kinds)
