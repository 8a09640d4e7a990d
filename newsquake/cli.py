"""The command line: the module of each command, and how errors become one line and an exit status.

Exit status: 0 done, 1 failed, 2 wrong usage or configuration. Commands are imported only when called, so that
`newsquake --help` is fast and a broken optional part does not affect the others.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from core.errors import ConfigError, NewsquakeError

COMMANDS: dict[str, str] = {
    # command -> module:function; a group's commands are written "group command"
    "demo": "newsquake.commands.local_run:demo",
    "up": "newsquake.commands.local_run:up",
    "init": "newsquake.commands.local_run:init",
    "doctor": "newsquake.doctor:doctor",
    "simulate": "newsquake.simulate.cli:simulate",
    "classify": "classifier.cli:classify",
    "detect": "detect.cli:detect",
    "backtest": "backtest.cli:backtest",
    "train": "classifier.cli:train",
    "evaluate": "classifier.cli:evaluate",
    "ingest": "newsquake.commands.stages:ingest",
    "classify-worker": "newsquake.commands.stages:classify_worker",
    "alert-worker": "newsquake.commands.stages:alert_worker",
    "deliver": "newsquake.commands.stages:deliver",
    "dashboard": "newsquake.commands.stages:dashboard",
    "api": "newsquake.commands.stages:api",
    "alerts list": "alerts.interfaces.cli.alerts:list_alerts",
    "alerts show": "alerts.interfaces.cli.alerts:show",
    "alerts figures": "alerts.interfaces.cli.show_figures:show_figures",
    "alerts ack": "alerts.interfaces.cli.alerts:ack",
    "alerts unack": "alerts.interfaces.cli.alerts:unack",
    "alerts resolve": "alerts.interfaces.cli.alerts:resolve",
    "alerts silence add": "alerts.interfaces.cli.silence:silence_add",
    "alerts silence list": "alerts.interfaces.cli.silence:silence_list",
    "alerts silence expire": "alerts.interfaces.cli.silence:silence_expire",
    "rules check": "alerts.interfaces.cli.rules:check",
    "rules list": "alerts.interfaces.cli.rules:list_rules",
    "rules preview": "backtest.cli_rules:rules_preview",
    "rules tune": "backtest.cli_rules:rules_tune",
    "deliveries list": "alerts.interfaces.cli.deliveries:list_deliveries",
    "deliveries replay": "alerts.interfaces.cli.deliveries:replay",
    "deliveries enable": "alerts.interfaces.cli.deliveries:enable",
    "deliveries test": "alerts.interfaces.cli.deliveries:test",
    "deliveries secret": "alerts.interfaces.cli.deliveries:secret",
    "evidence show": "alerts.interfaces.cli.evidence:show",
    "evidence verify": "alerts.interfaces.cli.evidence:check",
    "audit verify": "alerts.interfaces.cli.audit_chain:audit_verify",
    "audit export": "alerts.interfaces.cli.audit_chain:audit_export",
    "sources list": "ingest.cli.sources:sources_list",
    "sources check": "ingest.cli.sources:sources_check",
    "dlq list": "ingest.cli.deadletters:dlq_list",
    "dlq show": "ingest.cli.deadletters:dlq_show",
    "dlq replay": "ingest.cli.deadletters:dlq_replay",
    "dlq purge": "ingest.cli.deadletters:dlq_purge",
    "entities import": "classifier.cli:entities_import",
    "model list": "classifier.cli:model_list",
    "model use": "newsquake.models:use",
    "model compare": "classifier.cli:model_compare",
    "model shadow": "newsquake.models:shadow",
    "bench scoring": "newsquake.commands.information:bench_scoring",
    "tokens create": "newsquake.commands.tokens:tokens_create",
    "tokens list": "newsquake.commands.tokens:tokens_list",
    "tokens revoke": "newsquake.commands.tokens:tokens_revoke",
    "schema": "newsquake.commands.information:schema",
    "version": "newsquake.commands.information:version",
}
GROUPS: dict[str, str] = {
    "alerts": "List, show, acknowledge, resolve and silence alerts.",
    "alerts silence": "Suppress notifications of matching alerts for a while.",
    "rules": "Check rules, and preview the alerts they would have fired.",
    "deliveries": "List notifications, send them again, test channels, create secrets.",
    "evidence": "Show an alert's evidence, and verify it by deriving it again.",
    "audit": "The hash-chained audit log.",
    "sources": "List sources, and check that they can be read.",
    "dlq": "Dead letters: list, show, replay, purge.",
    "entities": "Lists of companies for the linker.",
    "model": "Versions of the model: list, compare, promote, shadow.",
    "bench": "Benchmarks beside alternatives.",
    "tokens": "Tokens for the HTTP API and push.",
}
HELP: dict[str, str] = {
    "demo": "Run the whole pipeline on simulated news.",
    "up": "Run the whole pipeline on this machine, from sources or a dump.",
    "init": "Write a commented newsquake.yaml and rules.yaml to start from.",
    "doctor": "Check broker, store, model, mail, webhooks and disk.",
    "simulate": "Write a reproducible stream of news with scripted incidents.",
    "classify": "Label texts: sentiment, topics, companies.",
    "detect": "Score any timestamp,value series as a stream.",
    "backtest": "Run rules over recorded news: no broker, no model, no look-ahead.",
    "train": "Fine-tune the model from a recipe.",
    "evaluate": "Measure the model, per data set and language.",
    "ingest": "Stage: read sources or a dump into Kafka.",
    "classify-worker": "Stage: score articles.",
    "alert-worker": "Stage: stories, windows, rules, alerts.",
    "deliver": "Stage: send notifications.",
    "dashboard": "Stage: the dashboard.",
    "api": "Stage: the HTTP API.",
    "schema": "Print JSON Schemas of records, settings or rules.",
    "version": "Print the version.",
}


def build(words: list[str]) -> typer.Typer:
    """The application for the arguments `words`: the command they name is imported, others are only listed."""
    app = typer.Typer(
        name="newsquake",
        help="Newsquake: a seismograph for financial news in English and Chinese.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    groups: dict[str, typer.Typer] = {"": app}
    for full, where in COMMANDS.items():
        path = full.split(" ")
        asked = path == words[: len(path)] or (len(path) > len(words) > 0 and path[: len(words)] == words)
        group = _group(groups, path[:-1])
        function = _import(where) if asked else _stub
        group.command(name=path[-1], help=None if asked else HELP.get(full, ""))(function)
    return app


def _group(groups: dict[str, typer.Typer], path: list[str]) -> typer.Typer:
    """The group of this path, created if needed."""
    full = " ".join(path)
    if full not in groups:
        groups[full] = typer.Typer(help=GROUPS.get(full, ""), no_args_is_help=True)
        _group(groups, path[:-1]).add_typer(groups[full], name=path[-1])
    return groups[full]


def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    # main() looks for --debug itself, wherever it stands. Runs before a command, not before --help.
    from core.telemetry import logs_of_a_command

    logs_of_a_command(debug=bool(os.environ.get("NEWSQUAKE_DEBUG")))


def _stub() -> None:
    raise AssertionError("a listed command is imported before it is called")


def _import(where: str) -> Callable[..., Any]:
    module, _, function = where.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _say(text: str) -> None:
    Console(stderr=True, emoji=False).print(text, markup=False, highlight=False, soft_wrap=True)


def _flushed() -> bool:
    """Whether standard output could be flushed to its reader."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return False
    return True


def _quiet_end() -> NoReturn:
    """Exit with status 0, discarding buffered output that nobody reads."""
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - open until the process ends
    os.dup2(sys.stdout.fileno(), 1)
    sys.exit(0)


def main() -> None:
    """Entry point."""
    if "--debug" in sys.argv:  # wherever it stands
        sys.argv.remove("--debug")
        os.environ["NEWSQUAKE_DEBUG"] = "1"
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    try:
        build(words)(prog_name="newsquake")
    except KeyboardInterrupt:
        sys.exit(130)
    except SystemExit as left:
        # click ends with 1 where the reader of our output left (`… | head -1`): that is no fault of the command
        if isinstance(left.__context__, BrokenPipeError) or not _flushed():
            _quiet_end()
        raise
    except BrokenPipeError:
        _quiet_end()
    except (ConfigError, NewsquakeError, OSError, MemoryError) as error:
        if os.environ.get("NEWSQUAKE_DEBUG"):
            raise
        text = str(error) or type(error).__name__
        if isinstance(error, OSError) and error.strerror:
            text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        _say(f"newsquake: {text}")
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except Exception as error:
        if os.environ.get("NEWSQUAKE_DEBUG"):
            raise
        _say(
            f"newsquake: unexpected {type(error).__name__}: {error} (run again with --debug for the traceback)"
        )
        sys.exit(1)
