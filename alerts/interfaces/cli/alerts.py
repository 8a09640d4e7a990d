"""`newsquake alerts …`: list and show alerts, acknowledge and close them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from alerts.handling import actions as handling
from alerts.interfaces import listing
from alerts.interfaces.cli.options import (
    By,
    Config,
    DeskName,
    Json,
    Reason,
    StoreUrl,
    actor_of,
    open_desk,
)
from alerts.interfaces.cli.output import one_line, show_json, show_table
from alerts.interfaces.moments import parse_moment
from core.errors import ConfigError

Which = Annotated[str, typer.Argument(help="The alert's id, or its beginning (6 characters or more).")]


def list_alerts(
    state: Annotated[str | None, typer.Option(help="pending, firing or resolved")] = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule's.")] = None,
    series: Annotated[str | None, typer.Option(help="Only series with this in their name.")] = None,
    kind: Annotated[str | None, typer.Option(help="market or outage (of a source).")] = None,
    since: Annotated[
        str | None, typer.Option(help="Onset not before: a time, or a span such as -7d.")
    ] = None,
    open_only: Annotated[
        bool, typer.Option("--open", help="Only those that fire and nobody acknowledged or closed.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    json: Json = False,
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """List alerts that fired, the newest first."""
    if state and state not in ("pending", "firing", "resolved"):
        raise ConfigError(f"--state {state}: expected pending, firing or resolved")
    if kind and kind not in ("market", "outage"):
        raise ConfigError(f"--kind {kind}: expected market or outage")
    with open_desk(config, store, desk, read_only=True) as at, at.store.read() as connection:
        begin = parse_moment(since, at.now_ms(connection), "--since") if since else None
        found = listing.list_alerts(
            connection,
            at.name,
            state=state,
            rule=rule,
            series=series,
            kind=kind,
            since=begin,
            unhandled=open_only,
            limit=limit,
            now_ms=at.now_ms(connection),
        )
        others = [] if found else listing.other_desks(connection, at.name)
    if json:
        show_json(found)
        return
    nothing = "No alerts."
    if others:
        nothing = f"No alerts: the store knows no desk {at.name!r} (it knows {', '.join(others)})."
    rows = [
        (
            one["id"][:12],
            one["state"],
            one["severity"],
            one["rule"],
            one["series"],
            one["onset"],
            _handling_text(one),
        )
        for one in found
    ]
    show_table(("id", "state", "severity", "rule", "series", "since", "handling"), rows, nothing)


def _handling_text(one: dict[str, Any]) -> str:
    parts = []
    if one["acknowledged"]:
        parts.append(f"acknowledged by {one['acknowledged_by']}")
    if one["closed_by"]:
        parts.append(f"closed by {one['closed_by']}")
    if one["silenced"]:
        parts.append("silenced")
    if one["inhibited_by"]:
        parts.append(f"inhibited by {one['inhibited_by'][:12]}")
    if one["escalation"] and one.get("state") == "firing":
        parts.append("escalated")
    if one["disposition"]:
        parts.append(f"judged {one['disposition']}")
    return ", ".join(parts)


def show(
    which: Which, json: Json = False, config: Config = None, store: StoreUrl = None, desk: DeskName = None
) -> None:
    """Show one alert: what happened, why, who was notified, who did what."""
    with open_desk(config, store, desk, read_only=True) as at, at.store.read() as connection:
        card = listing.show_alert(connection, at.name, which)
    if json:
        show_json(card)
        return
    typer.echo(f"{card['state']} {card['severity']}  {card['series']}  since {card['onset']}")
    typer.echo(f"alert {card['id']}, rule {card['rule']} version {card['rule_version']}")
    if handled := _handling_text(
        {
            **card["handling"],
            "state": card["state"],
            "closed_by": handling.closed_by(card["handling"]["state"]),
        }
    ):
        typer.echo(one_line(handled))
    if card["together"]:
        typer.echo(f"\nOne incident ({card['incident'][:12]}) with")
    for one in card["together"]:
        typer.echo(f"  {one['id'][:12]}  {one['state']} {one['severity']}  {one['rule']}  {one['series']}")
    for sentence in card.get("sentence", {}).values():
        typer.echo(f"\n{sentence}")
    if card.get("facts"):
        typer.echo("")
    for name, value in card.get("facts", []):
        typer.echo(one_line(f"  {name:<14}  {value}"))
    if card.get("headlines"):
        typer.echo("\nMost telling articles")
        for line in card["headlines"]:
            typer.echo(one_line(f"  {line['available_at']}  {line['title']}  ({line['publisher']})"))
    typer.echo("\nChanges")
    for line in card["lines"]:
        p = f"  p {line['p_value']:.2g}" if line["p_value"] is not None else ""
        stories = f"  {line['stories']} stories" if card["kind"] == "market" else ""
        typer.echo(f"  {line['decided_at']}  {line['state']} {line['severity']}{stories}{p}")
    if card["notifications"]:
        typer.echo("\nNotifications")
        for one in card["notifications"]:
            error = f"  {one['error']}" if one["error"] else ""
            typer.echo(
                one_line(f"  {one['created_at']}  {one['channel']}  {one['event']}  {one['status']}{error}")
            )
    if card["history"]:
        typer.echo("\nHistory")
        for one in card["history"]:
            action = f"{one['action']} {one['disposition']}".rstrip()
            typer.echo(one_line(f"  {one['at']}  {one['actor']}  {action}  {one['reason']}"))


def ack(
    which: Which,
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Acknowledge: you handle it; no reminder and no escalation until it clears."""
    _handle(handling.acknowledge, "acknowledged", which, reason, by, config, store, desk)


def unack(
    which: Which,
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Withdraw an acknowledgement."""
    _handle(handling.unacknowledge, "no longer acknowledged", which, reason, by, config, store, desk)


def resolve(
    which: Which,
    reason: Reason = "",
    disposition: Annotated[
        str | None, typer.Option("--as", help="Your judgement: true, false, duplicate or known.")
    ] = None,
    by: By = "",
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Close an alert by hand and, with --as, judge it. From then on it notifies of nothing but its end."""
    if disposition is None:
        _handle(handling.close, "closed", which, reason, by, config, store, desk)
        return
    with open_desk(config, store, desk) as at, at.store.write() as connection:
        alert, closed = handling.resolve(
            connection, at.name, which, disposition, actor=actor_of(by), reason=reason,
            now_ms=at.now_ms(connection),
        )  # fmt: skip
    typer.echo(
        f"alert {alert} judged {disposition}"
        + (" and closed" if closed else "; it was closed or over already")
    )


def _handle(
    action: Any, done: str, which: str, reason: str, by: str, config: Any, store: Any, desk: Any
) -> None:
    with open_desk(config, store, desk) as at, at.store.write() as connection:
        now = at.now_ms(connection)
        alert = action(connection, at.name, which, actor=actor_of(by), reason=reason, now_ms=now)
    typer.echo(f"alert {alert} {done}")
