"""The commands of the whole pipeline, as plain functions; newsquake/cli.py mounts them."""

from newsquake.commands.options import Broker, Config, StoreUrl, settings_of

__all__ = ["Broker", "Config", "StoreUrl", "settings_of"]
