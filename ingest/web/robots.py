"""robots.txt, cached for a day: what it forbids is not fetched (RFC 9309).

No file (4xx): everything is allowed. The server fails or hangs: nothing is, and it is asked again in ten minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from protego import Protego

from core.errors import Refused, Retryable

DAY_S, AGAIN_S = 86_400.0, 600.0


@dataclass
class _Rules:
    rules: Any
    until: float
    away: str = ""


class Robots:
    """What hosts allow this user agent. `fetch(url)` gives an Answer or raises Refused or Retryable."""

    def __init__(
        self, user_agent: str, fetch: Callable[[str], Any], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._agent = user_agent.partition("/")[0]
        self._fetch, self._now_s = fetch, now_s
        self._cache: dict[str, _Rules] = {}
        self._lock = threading.Lock()
        self._sites: dict[str, threading.Lock] = {}

    def allows(self, url: str) -> bool:
        """Return whether `url` may be fetched. Raises Retryable where its robots.txt cannot be fetched at present."""
        found = self._rules(url)
        if found.away:
            raise Retryable(f"{url}: its robots.txt cannot be read ({found.away})", after_s=AGAIN_S)
        return found.rules is None or bool(found.rules.can_fetch(url, self._agent))

    def known_delay(self, url: str) -> float:
        """Crawl-delay in seconds, without a request: 0.0 where robots.txt names none or was not read yet."""
        found = self._cache.get(_site(url))
        delay = (
            found.rules.crawl_delay(self._agent) if found is not None and found.rules is not None else None
        )
        return float(delay or 0.0)

    def _rules(self, url: str) -> _Rules:
        site = _site(url)
        with self._lock:
            own = self._sites.setdefault(site, threading.Lock())
        with own:  # several polls at one host request the file once
            found = self._cache.get(site)
            if found is None or found.until <= self._now_s():
                found = self._cache[site] = self._ask(site)
            return found

    def _ask(self, site: str) -> _Rules:
        try:
            answer = self._fetch(f"{site}/robots.txt")
            text = answer.body.decode("utf-8-sig", "replace")
            return _Rules(Protego.parse(text), self._now_s() + DAY_S)
        except Refused:
            return _Rules(None, self._now_s() + DAY_S)
        except Retryable as error:
            return _Rules(None, self._now_s() + AGAIN_S, away=str(error))


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
