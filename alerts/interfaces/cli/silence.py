"""`newsquake alerts silence …`: add, list and end silences."""

from __future__ import annotations

from typing import Annotated

import typer

from alerts.handling import actions as handling
from alerts.handling import silences
from alerts.interfaces import listing
from alerts.interfaces.cli.options import (
    By,
    Config,
    DeskName,
    Json,
    Reason,
    StoreUrl,
    actor_of,
    as_typed,
    open_desk,
)
from alerts.interfaces.cli.output import short_time, show_json, show_table
from alerts.interfaces.cli.rules import rules_of
from alerts.interfaces.moments import parse_moment
from alerts.rules.model import AnyRule
from alerts.windows.globs import matches
from core.errors import ConfigError
from core.settings import Settings
from core.times import iso


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
    if rule and not _matches_a_rule(rule, settings):
        typer.echo(f"no rule is called {rule!r} now (newsquake rules list)", err=True)


def _matches_a_rule(rule: str, settings: Settings) -> bool:
    """Whether the glob `rule` matches a rule in force; True where the rules cannot be read."""
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
            found = silences.all_silences(connection, at.name)
        else:
            found = silences.not_ended(connection, at.name, at.now_ms(connection))
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
    """End a silence now; alerts that still fire notify again."""
    with open_desk(config, store, desk) as at, at.store.write() as connection:
        name = silences.expire(connection, at.name, which, actor=actor_of(by), now_ms=at.now_ms(connection))
    typer.echo(f"{name} ended")
