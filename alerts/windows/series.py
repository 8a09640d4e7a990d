"""Names of series and their parts: `base['/topic:'TOPIC]['@'language]`.

A base is `all`, `topic:TOPIC`, `entity:COUNTRY:TICKER` or `source:NAME`. Alerts of outages stand under
`outage:SOURCE` (alerts/engine/outages.py), which no window rule watches.
"""

from __future__ import annotations

import re

COMPANY = re.compile(r"[A-Z][A-Z0-9]{0,7}:[\w.\-]{1,40}", re.ASCII)
"""Country and ticker."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


def base_of(series: str) -> str:
    """Return `entity:US:AAPL` of `entity:US:AAPL/topic:energy@en`."""
    return series.split("@", 1)[0].split("/topic:", 1)[0]


def entity_of(series: str) -> str:
    """Return `US:AAPL` of `entity:US:AAPL/topic:energy@en`; "" where the series is no company's."""
    base = base_of(series)
    return base.removeprefix("entity:") if base.startswith("entity:") else ""


def topic_of(series: str) -> str:
    """Return the topic in a series' name; "" where there is none."""
    name = series.split("@", 1)[0]
    head, _, tail = name.rpartition("topic:")
    return tail if (head == "" or head.endswith("/")) and tail != name else ""


def language_of(series: str) -> str:
    """Return the language in a series' name; "" for all languages together."""
    return series.partition("@")[2]
