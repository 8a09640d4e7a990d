"""`newsquake rules check` and `newsquake rules list`; preview and tune need history: backtest/cli_rules.py."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from alerts.delivery.channels.registry import channel_names
from alerts.interfaces.cli.options import Config, DeskName, Json, StoreUrl, settings_of
from alerts.interfaces.cli.output import show_json, show_table
from alerts.rules.immediate_rule import ImmediateRule
from alerts.rules.loading import load_rules
from alerts.rules.model import AnyRule, RuleSet
from alerts.rules.outage_rule import OutageRule
from alerts.rules.schema_fields import Route
from alerts.storage.learning import LearningStatus, learning_status
from core import yamlfile
from core.errors import ConfigError, StoreUnavailable
from core.settings import Settings
from core.store import open_store
from core.times import format_span

log = structlog.get_logger(__name__)
File = Annotated[
    Path | None,
    typer.Argument(help="rules.yaml; default: the one that the settings name, else the built-in ones."),
]
Also = Annotated[
    Path | None, typer.Option("--rules", help="The same, as `rules tune` and `preview` take it.")
]


def _named(file: Path | None, also: Path | None) -> Path | None:
    if file is not None and also is not None:
        raise ConfigError(f"{file} and --rules {also}: name one file")
    return file or also


def rules_of(file: Path | None, settings: Settings) -> RuleSet:
    """Return the rules of `file`, else of the settings, else the built-in ones. Raises ConfigError for a fault."""
    if file is None and settings.alerts.rules:
        file = settings.path(settings.alerts.rules)
    return load_rules(file)


def check(
    file: File = None, rules_file: Also = None, config: Config = None, store: StoreUrl = None,
    desk: DeskName = None,
) -> None:  # fmt: skip
    """Report faults of a rules file with file and line; exit status 2 where there are any.

    If the store can be opened, also show how far each rule has learned: a changed rule starts without history.
    """
    settings = settings_of(config, store, desk)
    rules = rules_of(_named(file, rules_file), settings)
    if unknown := unknown_channels(rules, channel_names(settings)):
        raise ConfigError("\n".join(f"{rules.name}:{line}: {words}" for line, words in unknown))
    number = len(rules.rules) + len(rules.immediate) + len(rules.outages)
    far = _learned(rules, settings, asked=store is not None)
    typer.echo(f"{rules.name}: {number} rules, version {rules.version}: nothing wrong")
    _show_learned(far, settings)


def unknown_channels(rules: RuleSet, known: list[str]) -> list[tuple[int, str]]:
    """Return (line, message) of every channel that rules route to and that is not `known`, by line."""
    file = rules.file
    routes: list[tuple[tuple[Any, ...], Route]] = [(("notify", "route"), file.notify.route)]
    routes += [(("rules", at, "route"), entry.route or {}) for at, entry in enumerate(file.rules)]
    routes += [(("immediate", at, "route"), entry.route or {}) for at, entry in enumerate(file.immediate)]
    routes += [(("outages", at, "route"), entry.route or {}) for at, entry in enumerate(file.outages)]
    named = [
        ((*where, severity, at), name)
        for where, route in routes
        for severity, channels in route.items()
        for at, name in enumerate(channels)
    ]
    named += [
        (("notify", "escalate", at, "to", place), name)
        for at, entry in enumerate(file.notify.escalate)
        for place, name in enumerate(entry.to)
    ]
    words = ", ".join(known) or "none is configured"
    return sorted(
        (yamlfile.line_of(rules.source, where), f"{yamlfile.dotted(where)}: no channel {name!r} ({words})")
        for where, name in named
        if name != "*" and name not in known
    )


def list_rules(
    file: File = None,
    rules_file: Also = None,
    json: Json = False,
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """List the rules: what each watches, its version, and, where the store can be opened, how far it has learned."""
    settings = settings_of(config, store, desk)
    rules = rules_of(_named(file, rules_file), settings)
    every: list[AnyRule] = [*rules.rules, *rules.immediate, *rules.outages]
    far = _learned(rules, settings, asked=store is not None)
    found = [
        _rule_as_json(rule) | ({"learned": asdict(far[rule.id])} if rule.id in far else {}) for rule in every
    ]
    if json:
        show_json({"version": rules.version, "rules": found})
        return
    rows = [
        (one["id"], one["version"][:8], one["detector"], one["window"], one["budget"], one["minimum"],
         " ".join(one["series"]))
        for one in found
    ]  # fmt: skip
    columns = ("rule", "version", "detector", "window", "false alarms", "stories / publishers", "watches")
    show_table(columns, rows, "No rules.")
    typer.echo(f"{rules.name}, version {rules.version}")
    _show_learned(far, settings)


def _show_learned(far: dict[str, LearningStatus], settings: Settings) -> None:
    if far:
        rows = [(name, one.describe()) for name, one in far.items()]
        show_table(("rule", f"learned on desk {settings.alerts.desk}"), rows, "")


def _learned(rules: RuleSet, settings: Settings, asked: bool) -> dict[str, LearningStatus]:
    """Return how far each window rule has learned, by id; empty where the store cannot be opened.

    Raises ConfigError or StoreUnavailable where the store was `asked` for.
    """
    try:
        opened = open_store(settings.store, read_only=True)
        try:
            with opened.read() as connection:
                return {
                    rule.id: learning_status(connection, settings.alerts.desk, rule, settings.alerts.pane)
                    for rule in rules.rules
                }
        finally:
            opened.close()
    except (ConfigError, StoreUnavailable) as error:
        if asked:
            raise
        log.debug("store cannot be opened", error=str(error))
        return {}


def _rule_as_json(rule: AnyRule) -> dict[str, Any]:
    if isinstance(rule, OutageRule):
        return {
            "id": rule.id, "version": rule.version, "about": rule.about, "detector": rule.kind, "window": "",
            "budget": "", "minimum": "", "series": [f"outage:{glob}" for glob in rule.sources],
        }  # fmt: skip
    if isinstance(rule, ImmediateRule):
        return {
            "id": rule.id, "version": rule.version, "about": rule.about, "detector": "one article", "window": "",
            "budget": "", "minimum": "", "series": [*rule.entities, *(f"topic:{topic}" for topic in rule.topics)],
        }  # fmt: skip
    budget = f"{rule.budget_per_week:g}/week" if rule.threshold is None else f"threshold {rule.threshold:g}"
    return {
        "id": rule.id,
        "version": rule.version,
        "about": rule.about,
        "detector": rule.detector,
        "params": dict(rule.params),
        "window": format_span(rule.window_ms),
        "budget": budget,
        "minimum": f"{rule.min_stories} / {rule.min_publishers}",
        "series": list(rule.series) + ([f"of {rule.watch_list}"] if rule.watch_list else []),
    }
