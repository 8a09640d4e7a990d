"""The channels' names, as rules and the outbox speak of them."""

from __future__ import annotations

from core.errors import ConfigError
from core.settings import Settings


def names(settings: Settings) -> list[str]:
    """Names of all configured channels. Raises ConfigError for a name that stands twice."""
    delivery = settings.delivery
    found = [mail.name for mail in delivery.mail] + [webhook.name for webhook in delivery.webhooks]
    for name in found:
        if found.count(name) > 1:
            raise ConfigError(f"delivery: two channels are called {name!r}; give each its own name")
    return found
