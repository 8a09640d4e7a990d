"""Fetching, politely and guarded: one call, one answer or one of two errors.

Polite: robots.txt obeyed, one request at a time per host with a pause between, conditional requests, a truthful
User-Agent. Guarded: core/net/guarded_backend.py (addresses, deadline, bytes), ingest/web/unpack.py (bombs), five
redirects at most. Raises Refused for what will not get better by trying again soon, Unreachable (Retryable) for what
may.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from core.errors import AccessDenied, Refused, Retryable
from core.net.address_rule import AddressRule
from core.net.guarded_backend import Allowance, GuardedBackend, begin
from core.times import to_ms
from ingest.web.robots import Robots
from ingest.web.unpack import ACCEPTED, unpack
from ingest.web.urls import origin

ALLOW_SETTING = "ingest.allow_private_addresses"
MAX_REDIRECTS = 5
MOST_DELAY_S = 60.0
"""Robots may ask for a longer pause; we rather come back at the next schedule than hold a thread."""
TOO_MANY_S = 60.0
"""How long a server is left alone that says "too many requests" (429) and not for how long."""


class Unreachable(Retryable):
    """The server is away, hangs, fails or asks us to wait (`after_s`: until then the fetcher asks it nothing)."""


@dataclass(frozen=True)
class Answer:
    """What came: status 200 with a body, or 304 without."""

    url: str
    """Where it was found after redirects."""
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    """The connection ended before the declared length: what came before is here."""

    @property
    def content_type(self) -> str:
        """The Content-Type header; "" where there is none."""
        return self.headers.get("content-type", "")

    @property
    def validators(self) -> dict[str, str]:
        """The ETag and Last-Modified headers that there are, for the next conditional request."""
        return {name: self.headers[name] for name in ("etag", "last-modified") if name in self.headers}

    def blame(self, error: Refused) -> Refused | Unreachable:
        """Return the error to raise for an unreadable body: `error`, or Unreachable where only a part arrived."""
        return Unreachable(f"{self.url}: the connection ended early") if self.cut else error


class Fetcher:
    """Safe for use from several threads."""

    def __init__(
        self, *, user_agent: str, allow_private: list[str] | None = None, host_delay_s: float = 1.0,
        timeout_s: float = 30.0, max_bytes: int = 10 << 20, obey_robots: bool = True,
        sleep: Callable[[float], object] = time.sleep, rule: AddressRule | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._user_agent, self._host_delay_s, self._sleep = user_agent, host_delay_s, sleep
        self._now_s = now_s
        self._timeout_s, self._max_bytes = timeout_s, max_bytes
        self._robots = Robots(user_agent, self._robots_text) if obey_robots else None
        transport = httpx.HTTPTransport(retries=0)
        transport._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=64,
            max_keepalive_connections=0,  # a kept connection would carry the last request's allowance
            network_backend=GuardedBackend(rule or AddressRule(allow_private or (), ALLOW_SETTING)),
        )
        self._client = httpx.Client(
            transport=transport, follow_redirects=False, timeout=min(15.0, timeout_s), trust_env=False
        )
        self._lock = threading.Lock()
        self._hosts: dict[str, threading.Lock] = {}
        self._free_at: dict[str, float] = {}
        self._rests: dict[str, float] = {}
        """Until when each origin wants to be left alone: it said so to one request, and meant all."""

    def get(
        self, url: str, *, validators: Mapping[str, str] | None = None, accept: str = "*/*",
        headers: Mapping[str, str] | None = None, max_bytes: int | None = None, robots: bool = True,
        partial: bool = False,
    ) -> Answer:  # fmt: skip
        """Fetch `url`. May wait for its turn at the host. Raises Refused or Unreachable.

        `headers` (keys, tokens) are sent to the origin of `url` only, wherever it redirects to. `partial`: what is
        longer than `max_bytes` is cut there, not refused.
        """
        sent = {"user-agent": self._user_agent, "accept": accept, "accept-encoding": ACCEPTED}
        own = {name.lower(): value for name, value in (headers or {}).items()}
        if validators:
            if "etag" in validators:
                sent["if-none-match"] = validators["etag"]
            if "last-modified" in validators:
                sent["if-modified-since"] = validators["last-modified"]
        limit = max_bytes or self._max_bytes
        allowance = Allowance(0.0, limit + (1 << 20))
        home, left_s = origin(url), self._timeout_s
        for _ in range(MAX_REDIRECTS + 1):
            host = _checked(url)
            if robots and self._robots is not None and not self._robots.allows(url):
                raise AccessDenied(f"{url}: robots.txt forbids it")
            self._check_rest(url)
            with self._turn(host, url):
                began = time.monotonic()
                allowance.deadline = began + left_s
                begin(allowance)
                try:
                    answer = self._once(url, sent | own if origin(url) == home else sent, limit, partial)
                except Unreachable as error:
                    self._rests[origin(url)] = self._now_s() + (error.after_s or 0.0)
                    raise
                left_s -= time.monotonic() - began  # the limit is one for all hops; waiting for turns is free
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            target = answer.headers.get("location", "")
            if not target:
                raise Refused(f"{url}: redirect ({answer.status}) without a target")
            url = urljoin(url, target)
        raise Refused(f"{url}: more than {MAX_REDIRECTS} redirects")

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    # -- one request

    def _once(self, url: str, headers: Mapping[str, str], limit: int, partial: bool) -> Answer:
        cut = False
        chunks: list[bytes] = []
        size = 0
        try:
            with self._client.stream("GET", url, headers=dict(headers)) as response:
                status = response.status_code
                found = {name.lower(): value for name, value in response.headers.items()}
                _raise_for_status(url, status, found)
                if status == 200:
                    declared = found.get("content-length", "")
                    if declared.isdigit() and int(declared) > limit and not partial:
                        raise Refused(f"{url}: {declared} bytes; the limit is {limit}")
                    try:
                        for chunk in response.iter_raw():
                            size += len(chunk)
                            if size > limit and not partial:
                                raise Refused(f"{url}: more than {limit} bytes")
                            chunks.append(chunk)
                            if size > limit:
                                break
                    except httpx.RemoteProtocolError:
                        cut = True  # the length was a lie, or the server closed midway
        except Refused:
            raise
        except httpx.TimeoutException as error:
            raise Unreachable(f"{url}: no answer in time") from error
        except httpx.HTTPError as error:
            text = str(error) or type(error).__name__
            if "more bytes than" in text:
                raise Refused(f"{url}: more than {limit} bytes") from error
            raise Unreachable(f"{url}: {text}") from error
        except (httpx.InvalidURL, ValueError) as error:
            raise Refused(f"{url}: {error}") from error
        try:
            body = unpack(b"".join(chunks), found.get("content-encoding", ""), limit, cut=partial)[:limit]
        except Refused as error:
            raise Refused(f"{url}: {error}") from error
        if cut and not body:
            raise Unreachable(f"{url}: the connection ended before anything came")
        return Answer(url, status, found, body, cut)

    def _check_rest(self, url: str) -> None:
        left_s = self._rests.get(origin(url), 0.0) - self._now_s()
        if left_s > 0:
            raise Unreachable(f"{url}: not asked, the server wants to be left alone", after_s=left_s)

    def _turn(self, host: str, url: str) -> _Turn:
        delay = self._host_delay_s
        if self._robots is not None:
            delay = max(delay, min(self._robots.known_delay(url), MOST_DELAY_S))
        with self._lock:
            lock = self._hosts.setdefault(host, threading.Lock())
        return _Turn(self, host, lock, delay)

    def _robots_text(self, url: str) -> Answer:
        # A longer file counts as far as it was read: what it forbids there stays forbidden (RFC 9309, 2.5).
        return self.get(url, robots=False, max_bytes=512 * 1024, partial=True)


class _Turn:
    """One request at a time per host, with a pause behind it."""

    def __init__(self, fetcher: Fetcher, host: str, lock: threading.Lock, delay_s: float) -> None:
        self._fetcher, self._host, self._held, self._delay_s = fetcher, host, lock, delay_s

    def __enter__(self) -> None:
        self._held.acquire()
        pause = self._fetcher._free_at.get(self._host, 0.0) - self._fetcher._now_s()
        if pause > 0:
            self._fetcher._sleep(pause)

    def __exit__(self, *_: object) -> None:
        self._fetcher._free_at[self._host] = self._fetcher._now_s() + self._delay_s
        self._held.release()


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise Refused(f"{url[:200]}: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Refused(f"{url[:200]}: expected an http or https address")
    return host


def _raise_for_status(url: str, status: int, headers: Mapping[str, str]) -> None:
    if status in (200, 304, 301, 302, 303, 307, 308):
        return
    if status in (408, 425, 429) or status >= 500:
        after_s = retry_after_s(headers.get("retry-after", ""))
        if after_s is None and status == 429:
            after_s = TOO_MANY_S
        raise Unreachable(f"{url}: answered {status}", after_s=after_s)
    if 400 <= status < 500:
        raise AccessDenied(f"{url}: answered {status}")
    raise Refused(f"{url}: answered {status}")


def retry_after_s(value: str, now_s: float | None = None) -> float | None:
    """Seconds of a Retry-After header (a number or a date), at most a day; None when there is none."""
    value = value.strip()
    if not value:
        return None
    if value.isdigit():
        return float(min(int(value), 86_400))
    try:
        at = to_ms(parsedate_to_datetime(value)) / 1000
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, at - (time.time() if now_s is None else now_s)), 86_400.0)
