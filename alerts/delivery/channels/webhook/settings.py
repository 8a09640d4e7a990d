"""The settings of a webhook channel: one receiver, signed as Standard Webhooks 1.0 says."""

from __future__ import annotations

from pydantic import Field

from alerts.delivery.channels.contract import ChannelSettings
from core.settings import Span


class WebhookSettings(ChannelSettings):
    """One entry of `delivery.webhooks`."""

    name: str = "webhook"
    url: str
    secret: str = Field("", repr=False)
    """`whsec_` and base64 of 24 to 64 bytes; two, separated by a space, while one is rotated."""
    secret_file: str | None = None
    """A file that holds the secret, relative to the settings file's folder."""
    allow_private_addresses: list[str] = []
    """Hosts or networks that may be called although they are not public."""
    timeout: Span = 20_000
    """Milliseconds; in the file a span such as `20s`."""
