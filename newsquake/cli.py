"""The command line: which command lives where, and how errors become one clear line and an honest exit status.

Exit status 0 done, 1 failed, 2 wrong usage or configuration. Commands are imported only when called, so that
`newsquake --help` is quick and a broken optional part does not take the rest along.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console

from core.errors import ConfigError, NewsquakeError

COMMANDS: dict[str, str] = {
    # command -> module:function; a group's commands are written "group command"
    "demo": "newsquake.commands:demo",
    "up": "newsquake.commands:up",
    "init": "newsquake.commands:init",
    "doctor": "newsquake.doctor:doctor",
    "simulate": "newsquake.simulate.cli:simulate",
    "classify": "classifier.cli:classify",
    "detect": "alerts.detect_cli:detect",
    "backtest": "backtest.cli:backtest",
    "train": "classifier.cli:train",
    "evaluate": "classifier.cli:evaluate",
    "ingest": "newsquake.commands:ingest",
    "classify-worker": "newsquake.commands:classify_worker",
    "alert-worker": "newsquake.commands:alert_worker",
    "deliver": "newsquake.commands:deliver",
    "dashboard": "newsquake.commands:dashboard",
    "api": "newsquake.commands:api",
    "tokens create": "newsquake.commands:tokens_create",
    "tokens list": "newsquake.commands:tokens_list",
    "tokens revoke": "newsquake.commands:tokens_revoke",
    "schema": "newsquake.commands:schema",
    "version": "newsquake.commands:version",
}
GROUPS: dict[str, str] = {
    "tokens": "Tokens for the HTTP API and push.",
}
HELP: dict[str, str] = {
    "demo": "See it work: simulated news through the whole path, on embedded parts.",
    "up": "Run everything in one place, from real sources or a dump.",
    "init": "Write a commented newsquake.yaml and rules.yaml to start from.",
    "doctor": "Check broker, store, model, mail, webhooks and disk.",
    "simulate": "Write a reproducible stream of news with scripted incidents.",
    "classify": "Label texts: sentiment, topics, companies.",
    "detect": "Score any timestamp,value series as a stream.",
    "backtest": "Run rules over recorded news: no broker, no model, no look-ahead.",
    "train": "Fine-tune the model from a recipe.",
    "evaluate": "Measure the model, per data set and language.",
    "ingest": "Stage: sources or a dump to Kafka.",
    "classify-worker": "Stage: score what ingest wrote.",
    "alert-worker": "Stage: stories, windows, rules, alerts.",
    "deliver": "Stage: the outbox to mail and webhooks.",
    "dashboard": "Stage: the page.",
    "api": "Stage: the HTTP API.",
    "schema": "Print JSON schemas of records or settings.",
    "version": "Print the version.",
}


def build(words: list[str]) -> typer.Typer:
    """The command line for `words`: the command they name is imported, all others are only listed."""
    app = typer.Typer(
        name="newsquake",
        help="Newsquake: a seismograph for financial news in English and Chinese.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    groups: dict[str, typer.Typer] = {}
    for full, where in COMMANDS.items():
        group, _, name = full.rpartition(" ")
        if group and group not in groups:
            groups[group] = typer.Typer(help=GROUPS.get(group, ""), no_args_is_help=True)
            app.add_typer(groups[group], name=group)
        asked = full.split(" ") == words[: len(full.split(" "))]
        function = _import(where) if asked else _stub
        (groups[group] if group else app).command(name=name, help=None if asked else HELP.get(full, ""))(
            function
        )
    return app


def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    pass  # main() looks for --debug itself, wherever it stands


def _stub() -> None:
    raise AssertionError("a listed command is imported before it is called")


def _import(where: str) -> Callable[..., Any]:
    module, _, function = where.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _say(text: str) -> None:
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


def main() -> None:
    """Entry point."""
    if "--debug" in sys.argv:  # wherever it stands
        sys.argv.remove("--debug")
        os.environ["NEWSQUAKE_DEBUG"] = "1"
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    try:
        build(words)()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - the reader of our output left; nothing to report
        sys.exit(0)
    except (ConfigError, NewsquakeError, OSError, MemoryError) as error:
        if os.environ.get("NEWSQUAKE_DEBUG"):
            raise
        _say(f"newsquake: {error}" if str(error) else f"newsquake: {type(error).__name__}")
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except Exception as error:
        if os.environ.get("NEWSQUAKE_DEBUG"):
            raise
        _say(
            f"newsquake: unexpected {type(error).__name__}: {error} (run again with --debug for the traceback)"
        )
        sys.exit(1)
