"""The settings of a mail channel: one SMTP server with its recipients."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alerts.delivery.channels.contract import ChannelSettings
from core.settings import Span


class MailSettings(ChannelSettings):
    """One entry of `delivery.mail`."""

    name: str = "mail"
    host: str
    port: int = Field(25, ge=1, le=65535)
    tls: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: str | None = Field(None, repr=False)
    password_file: str | None = None
    """A file that holds the password, relative to the settings file's folder."""
    sender: str
    recipients: list[str] = Field(min_length=1)
    timeout: Span = 20_000
    """Milliseconds; in the file a span such as `20s`."""
