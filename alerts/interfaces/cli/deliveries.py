"""`newsquake deliveries …`: list notifications and channels, send again, test channels."""

from __future__ import annotations

import base64
import secrets
from typing import Annotated

import typer

from alerts.delivery import content, outbox, worker
from alerts.delivery.channels.condition import channel_conditions
from alerts.delivery.channels.registry import channel_names, open_channels
from alerts.handling import audit
from alerts.interfaces import listing
from alerts.interfaces.cli.options import (
    By,
    Config,
    DeskName,
    Json,
    StoreUrl,
    actor_of,
    open_desk,
)
from alerts.interfaces.cli.output import show_json, show_table
from core.errors import ConfigError
from core.times import iso

STATUSES = ("pending", "sent", "refused", "expired", "withheld")


def list_deliveries(
    status: Annotated[str | None, typer.Option(help="pending, sent, refused, expired or withheld")] = None,
    channel: Annotated[str | None, typer.Option(help="Only this channel's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    json: Json = False,
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """List notifications, the newest first, and how each channel is doing."""
    if status and status not in STATUSES:
        raise ConfigError(f"--status {status}: expected one of {', '.join(STATUSES)}")
    with open_desk(config, store, desk, read_only=True) as at, at.store.read() as connection:
        found = listing.notifications(connection, at.name, status=status, channel=channel, limit=limit)
        doing = channel_conditions(connection, at.name)
    if json:
        show_json({"notifications": found, "channels": {name: one.__dict__ for name, one in doing.items()}})
        return
    columns = ("id", "channel", "event", "severity", "status", "tries", "created", "remark")
    rows = [
        (one["id"][:16], one["channel"], one["event"], one["severity"], one["status"], one["attempts"],
         one["created_at"], one["error"])
        for one in found
    ]  # fmt: skip
    show_table(columns, rows, "No notifications.")
    for name, one in sorted(doing.items()):
        if one.status != "ok":
            typer.echo(f"channel {name} is {one.status} since {iso(one.since)}: {one.detail}")


def replay(
    which: Annotated[
        str, typer.Argument(help="A notification's or alert's id, or refused, expired, withheld.")
    ],
    channel: Annotated[str | None, typer.Option(help="Only this channel's.")] = None,
    by: By = "",
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Send again what was sent, refused, expired or withheld; ids stay, so that receivers can drop doubles."""
    with open_desk(config, store, desk) as at, at.store.write() as connection:
        now = at.now_ms(connection)
        number = outbox.replay(connection, at.name, which, channel, now)
        detail = {"channel": channel or "", "notifications": number}
        audit.append(
            connection,
            at=now,
            desk=at.name,
            actor=actor_of(by),
            action="delivery.replay",
            subject=which,
            detail=detail,
        )
    typer.echo(f"{number} to be sent again")


def enable(
    channel: Annotated[str, typer.Argument(help="The channel's name.")],
    by: By = "",
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Switch a channel on again that its receiver switched off (HTTP 410), and send at once what waits for it."""
    with open_desk(config, store, desk) as at, at.store.write() as connection:
        if channel not in channel_names(at.settings):
            raise ConfigError(
                f"no channel is called {channel!r}; known: {', '.join(channel_names(at.settings)) or 'none'}"
            )
        now = at.now_ms(connection)
        number = worker.enable(connection, at.name, channel, now)
        audit.append(
            connection, at=now, desk=at.name, actor=actor_of(by), action="delivery.enable", subject=channel
        )
    typer.echo(f"channel {channel} is on; {number} wait for it")


def test(
    channel: Annotated[str | None, typer.Argument(help="The channel's name; left out: all.")] = None,
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Send a test message now, without the outbox, and show what each channel answered."""
    from alerts.delivery.channels.contract import Message
    from alerts.interfaces.cli.options import settings_of
    from core.clock import SystemClock
    from core.errors import NewsquakeError

    settings = settings_of(config, store, desk)
    ways = open_channels(settings)
    if channel is not None and channel not in ways:
        raise ConfigError(f"no channel is called {channel!r}; known: {', '.join(ways) or 'none'}")
    if not ways:
        raise ConfigError("no channel is configured: see delivery in newsquake.yaml")
    now = SystemClock().now_ms()
    note = "This is a test: the channel works. 这是一条测试消息：通道正常。"
    what = content.Content(
        event="test", desk=settings.alerts.desk, note=note, decided_at=iso(now - now % 1000)
    )
    failed = []
    for name in [channel] if channel else sorted(ways):
        message = Message("msg_test_" + secrets.token_hex(8), what, settings.delivery.dashboard_url)
        try:
            remark = ways[name].send(message, now)
        except NewsquakeError as error:
            failed.append(name)
            typer.echo(f"{name}: {error}")
        else:
            typer.echo(f"{name}: sent{', ' + remark if remark else ''}")
    if failed:
        raise NewsquakeError(f"{len(failed)} of the channels failed: {', '.join(failed)}")


def secret() -> None:
    """Make a secret for a webhook (32 random bytes, as Standard Webhooks writes them)."""
    typer.echo("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
