"""The command line: which command lives where, and how errors become one clear line and an honest exit status.

Exit status 0 done, 1 failed, 2 wrong usage or configuration. Commands are imported only when called, so that
`newsquake --help` is quick and a broken optional part does not take the rest along.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click
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


class _Lazy(click.Group):
    """Imports a command's module when the command is asked for."""

    def __init__(self, prefix: str = "", **options: Any) -> None:
        super().__init__(no_args_is_help=True, **options)
        self._prefix = prefix

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = (name.removeprefix(self._prefix) for name in COMMANDS if name.startswith(self._prefix))
        return list(dict.fromkeys(name.split(" ")[0] for name in names))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        full = self._prefix + cmd_name
        if full in COMMANDS:
            return _command(full)
        if any(name.startswith(full + " ") for name in COMMANDS):
            return _Lazy(full + " ", name=cmd_name, help=GROUPS.get(full, ""))
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, self._help(self._prefix + name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    @staticmethod
    def _help(full: str) -> str:
        return HELP.get(full) or GROUPS.get(full) or ""


def _command(full: str) -> click.Command:
    module, _, function = COMMANDS[full].partition(":")
    one = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    one.command(name=full.split(" ")[-1])(getattr(importlib.import_module(module), function))
    return typer.main.get_command(one)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def root(debug: bool) -> None:
    """Newsquake: a seismograph for financial news in English and Chinese."""
    if debug:
        os.environ["NEWSQUAKE_DEBUG"] = "1"


def _say(text: str) -> None:
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


def main() -> None:
    """Entry point."""
    if "--debug" in sys.argv:  # wherever it stands
        sys.argv.remove("--debug")
        os.environ["NEWSQUAKE_DEBUG"] = "1"
    try:
        status = root.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
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
    sys.exit(status if isinstance(status, int) else 0)
