"""Webhooks, signed as Standard Webhooks 1.0 says.

Headers webhook-id (the same at every attempt), webhook-timestamp (of the attempt) and webhook-signature (HMAC-SHA256
over `id.timestamp.body`; several signatures while a secret is rotated). Body `{type, timestamp, data}`, below 20 kB;
its timestamp is of the event. No redirect is followed, no proxy of the environment is used, and the connection goes to
the address that was checked (target.py).
"""

from __future__ import annotations

import base64
import binascii
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
from standardwebhooks.webhooks import Webhook

from alerts.delivery.channels.contract import Channel, Disabled, Message, Throttled
from alerts.delivery.channels.http_response import HttpOutcome, http_outcome, retry_after_s
from alerts.delivery.channels.webhook.settings import WebhookSettings
from alerts.delivery.channels.webhook.target import check_url, target
from alerts.delivery.content import Content, plain
from core.errors import ChannelUnavailable, ConfigError, Refused
from core.net.address_rule import Resolve, resolve
from core.settings import Settings

MOST_BYTES = 20_000
_MOST_ANSWER_BYTES = 65_536
TYPES = {
    "firing": "alert.firing",
    "severity": "alert.severity_changed",
    "resolved": "alert.resolved",
    "reminder": "alert.reminder",
    "escalated": "alert.escalated",
    "digest": "alert.digest",
    "notice": "operations.notice",
    "test": "test",
}


class WebhookChannel(Channel):
    """One receiver."""

    def __init__(self, options: WebhookSettings, settings: Settings, look_up: Resolve = resolve) -> None:
        self.name = options.name
        self._options = options
        self._look_up = look_up
        self._host = check_url(options.url)[1]  # the path may hold a token: never logged
        self._signers = _signers(options, settings)

    def send(self, message: Message, now_ms: int) -> str:
        """POST the message. Returns an empty remark. Raises ChannelUnavailable, Throttled, Refused or Disabled."""
        data = body(message)
        stamp = datetime.fromtimestamp(now_ms // 1000, UTC)
        text = data.decode()
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Newsquake/0.1 (webhooks)",
            "webhook-id": message.id,
            "webhook-timestamp": str(now_ms // 1000),
            "webhook-signature": " ".join(signer.sign(message.id, stamp, text) for signer in self._signers),
        }
        status, retry_after = self._post(data, headers)
        meaning = http_outcome(status)
        answered = f"HTTP {status} from {self._host}"
        if meaning is HttpOutcome.SENT:
            return ""
        if meaning is HttpOutcome.DISABLED:
            raise Disabled(f"{answered}: the receiver is gone; the channel is switched off")
        if meaning is HttpOutcome.REFUSED:
            raise Refused(answered)
        after_s = retry_after_s(retry_after, now_ms)
        if meaning is HttpOutcome.THROTTLE:
            raise Throttled(answered, after_s)
        raise ChannelUnavailable(
            answered + (" (redirects are not followed)" if status < 400 else ""), after_s
        )

    def check(self) -> str:
        """Return why the receiver may not be called (unknown name, private address), empty if it may."""
        try:
            target(self._options.url, self._options.allow_private_addresses, self._look_up)
        except (ChannelUnavailable, Refused) as error:
            return str(error)
        return ""

    def _post(self, data: bytes, headers: dict[str, str]) -> tuple[int, str | None]:
        """Status and Retry-After. The whole answer must arrive: a reset after the status line is a failure."""
        options = self._options
        place = target(options.url, options.allow_private_addresses, self._look_up)
        seconds = options.timeout / 1000
        deadline = time.monotonic() + seconds
        extensions = {"sni_hostname": place.host} if place.scheme == "https" else {}
        try:
            with (
                httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False) as client,
                client.stream(
                    "POST", place.url, content=data, headers=headers | {"host": place.host_header},
                    extensions=extensions,
                ) as answer,
            ):  # fmt: skip
                read = 0
                for chunk in answer.iter_raw():
                    read += len(chunk)
                    if read > _MOST_ANSWER_BYTES:
                        break  # the status is all that is needed
                    if time.monotonic() > deadline:
                        raise ChannelUnavailable(f"{place.host}: no complete answer within {seconds:g} s")
                return answer.status_code, answer.headers.get("retry-after")
        except httpx.TimeoutException as error:
            raise ChannelUnavailable(f"{place.host}: no answer within {seconds:g} s") from error
        except httpx.HTTPError as error:
            raise ChannelUnavailable(f"{place.host}: {type(error).__name__}: {error}") from error


def body(message: Message) -> bytes:
    """Return the JSON body: the same bytes at every attempt, below 20 kB whatever the alert holds."""
    content = message.content
    for headlines, ids, folded in ((5, 50, 50), (3, 20, 20), (0, 0, 5)):
        data = _encoded(message, content, headlines, ids, folded)
        if len(data) < MOST_BYTES:
            break
    return data


def _encoded(message: Message, content: Content, headlines: int, ids: int, folded: int) -> bytes:
    cut = msgspec.structs.replace(
        content,
        headlines=content.headlines[:headlines],
        article_ids=content.article_ids[:ids],
        folded=content.folded[:folded],
    )
    data = plain(cut)
    if message.dashboard_url and content.alert:
        data["url"] = f"{message.dashboard_url.rstrip('/')}/alerts?alert={content.alert}"
    return msgspec.json.encode(
        {"type": TYPES.get(content.event, content.event), "timestamp": content.decided_at, "data": data}
    )


def _signers(options: WebhookSettings, settings: Settings) -> list[Webhook]:
    """One signer for each secret: several, by spaces, while one is being rotated. Raises ConfigError."""
    text = options.secret
    if options.secret_file:
        path = settings.path(options.secret_file)
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"delivery.webhooks {options.name}: secret_file {path}: {error}") from error
    secrets = text.split()
    if not secrets:
        raise ConfigError(
            f"delivery.webhooks {options.name}: no secret; make one with: newsquake deliveries secret"
        )
    return [_signer(secret, options.name) for secret in secrets]


def _signer(secret: str, name: str) -> Webhook:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ConfigError(f"delivery.webhooks {name}: the secret must be whsec_ and base64 of 24 to 64 bytes")
    return Webhook(secret)
