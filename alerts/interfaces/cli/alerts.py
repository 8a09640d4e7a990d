"""`newsquake alerts …` and `newsquake alerts silence …`: look at alerts and say what you do about them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from alerts.evidence.sentence import of_a_window
from alerts.handling import actions as handling
from alerts.handling import silences
from alerts.interfaces import figures, listing
from alerts.interfaces.cli.options import (
    By,
    Config,
    DeskName,
    Json,
    Reason,
    StoreUrl,
    actor_of,
    as_typed,
    one_line,
    open_desk,
    short_time,
    show_json,
    show_table,
)
from alerts.interfaces.cli.rules import rules_of
from alerts.interfaces.moments import parse_moment
from alerts.rules.model import AnyRule
from alerts.windows.series import matches
from core.errors import ConfigError
from core.settings import Settings
from core.times import iso, parse_span

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
        found = listing.listed(
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
        (one["id"][:12], one["state"], one["severity"], one["rule"], one["series"], one["onset"], _hands(one))
        for one in found
    ]
    show_table(("id", "state", "severity", "rule", "series", "since", "handling"), rows, nothing)


def _hands(one: dict[str, Any]) -> str:
    said = []
    if one["acknowledged"]:
        said.append(f"acknowledged by {one['acknowledged_by']}")
    if one["closed_by"]:
        said.append(f"closed by {one['closed_by']}")
    if one["silenced"]:
        said.append("silenced")
    if one["inhibited_by"]:
        said.append(f"inhibited by {one['inhibited_by'][:12]}")
    if one["escalation"] and one.get("state") == "firing":
        said.append("escalated")
    if one["disposition"]:
        said.append(f"judged {one['disposition']}")
    return ", ".join(said)


def show(
    which: Which, json: Json = False, config: Config = None, store: StoreUrl = None, desk: DeskName = None
) -> None:
    """Show one alert: what happened, why, who was told, who did what."""
    with open_desk(config, store, desk, read_only=True) as at, at.store.read() as connection:
        card = listing.card(connection, at.name, which)
    if json:
        show_json(card)
        return
    typer.echo(f"{card['state']} {card['severity']}  {card['series']}  since {card['onset']}")
    typer.echo(f"alert {card['id']}, rule {card['rule']} version {card['rule_version']}")
    if hands := _hands(
        {
            **card["handling"],
            "state": card["state"],
            "closed_by": handling.closed_by(card["handling"]["state"]),
        }
    ):
        typer.echo(one_line(hands))
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


_SAID = {
    "articles": "articles",
    "stories": "stories",
    "publishers": "publishers",
    "negative_share": "negative share",
    "mean_sentiment": "mean sentiment",
    "net_sentiment": "net sentiment",
    "dispersion": "dispersion",
    "novelty_weighted": "mean, by novelty",
    "trust_weighted": "mean, by trust",
    "momentum": "momentum",
}


def show_figures(
    series: Annotated[str, typer.Argument(help="A series: all, topic:energy, entity:US:JPM, …@en")],
    window: Annotated[str, typer.Option(help="How long: 15m, 1h, 6h, 1d, 7d …")] = "1h",
    end: Annotated[
        str | None, typer.Option("--at", help="Where it ends; default: where the desk stands.")
    ] = None,
    json: Json = False,
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Show a window's figures, each with its 95 % interval; NA where there is too little evidence."""
    try:
        length = parse_span(window)
    except ValueError as error:
        raise ConfigError(f"--window: {error}") from None
    with open_desk(config, store, desk, read_only=True) as here, here.store.read() as connection:
        at = parse_moment(end, here.now_ms(connection), "--at") if end else None
        found = figures.figures_of(connection, here.name, series, length, here.settings.alerts.pane, at)
    if json:
        show_json(found.as_json())
        return
    typer.echo(f"{found.series}  from {iso(found.start)} to {iso(found.end)}")
    if not found.observed:
        typer.echo("None of its sources was being read: NA")
    rows = [
        (
            _SAID[name],
            of_a_window(name, one.value),
            f"{of_a_window(name, one.low)} to {of_a_window(name, one.high)}",
            f"{one.n:.4g}",
        )
        if one.value is not None
        else (_SAID[name], "NA", "", "")
        for name, one in found.figures.items()
    ]
    show_table(("figure", "value", "95 % interval", "of stories"), rows, "")


def ack(
    which: Which,
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Acknowledge: you take it in hand; no reminder and no escalation until it clears."""
    _handle(handling.acknowledge, "acknowledged", which, reason, by, config, store, desk)


def unack(
    which: Which,
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Take an acknowledgement back."""
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
    """Close an alert by hand and, with --as, judge it. Who heard of it hears of its end, and of nothing before."""
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
    action: Any, said: str, which: str, reason: str, by: str, config: Any, store: Any, desk: Any
) -> None:
    with open_desk(config, store, desk) as at, at.store.write() as connection:
        now = at.now_ms(connection)
        alert = action(connection, at.name, which, actor=actor_of(by), reason=reason, now_ms=now)
    typer.echo(f"alert {alert} {said}")


def silence_add(
    rule: Annotated[str, typer.Option(help="Rules, as a glob.")] = "",
    series: Annotated[str, typer.Option(help="Series, as a glob.")] = "",
    severity: Annotated[str, typer.Option(help="Severities, by commas.")] = "",
    alert: Annotated[str, typer.Option(help="One alert's id.")] = "",
    starts: Annotated[str, typer.Option("--from", help="A time, or a span from now.")] = "0s",
    until: Annotated[str, typer.Option("--until", help="A time, or a span from now.")] = "2h",
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Silence alerts that match, for a time. They are decided and shown all the same."""
    with open_desk(config, store, desk) as at, at.store.write() as connection:
        now = at.now_ms(connection)
        matchers = {"rule": rule, "series": series, "severity": severity}
        if alert:
            with as_typed(alert="--alert"):
                matchers["alert"] = handling.find(connection, at.name, alert).id
        made = silences.add(
            connection, at.name, matchers, starts_at=parse_moment(starts, now, "--from"),
            ends_at=parse_moment(until, now, "--until"), reason=reason, author=actor_of(by), now_ms=now,
        )  # fmt: skip
        settings, others = at.settings, listing.other_desks(connection, at.name)
    typer.echo(f"{made.id}  until {iso(made.ends_at)}")
    if others:
        desks = ", ".join(others)
        typer.echo(f"the store knows no desk {settings.alerts.desk!r} (it knows {desks})", err=True)
    if rule and not _called(rule, settings):
        typer.echo(f"no rule is called {rule!r} now (newsquake rules list)", err=True)


def _called(rule: str, settings: Settings) -> bool:
    """Whether a rule in force is called so; taken for granted where the rules cannot be read."""
    try:
        rules = rules_of(None, settings)
    except ConfigError:
        return True
    every: list[AnyRule] = [*rules.rules, *rules.immediate, *rules.outages]
    return any(matches(rule, one.id) for one in every)


def silence_list(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    json: Json = False,
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """List silences in force, or to come."""
    with open_desk(config, store, desk, read_only=True) as at, at.store.read() as connection:
        if everything:
            found = silences.listed(connection, at.name)
        else:
            found = silences.left(connection, at.name, at.now_ms(connection))
    if json:
        show_json([one.__dict__ for one in found])
        return
    rows = [
        (
            one.id[:16],
            " ".join(f"{name}={value}" for name, value in one.matchers.items()),
            short_time(one.starts_at),
            short_time(one.ends_at),
            one.author,
            one.reason + (" (ended)" if one.expired else ""),
        )
        for one in found
    ]
    show_table(("id", "what", "from", "until", "author", "reason"), rows, "No silences.")


def silence_expire(
    which: Annotated[str, typer.Argument(help="The silence's id, or its beginning.")],
    by: By = "",
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """End a silence now; what still fires is told."""
    with open_desk(config, store, desk) as at, at.store.write() as connection:
        name = silences.expire(connection, at.name, which, actor=actor_of(by), now_ms=at.now_ms(connection))
    typer.echo(f"{name} ended")
