"""Commands that print schemas, the version and the scoring benchmark."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import ConfigError, NewsquakeError
from core.settings import Settings


def schema(what: Annotated[str, typer.Argument(help="records, settings or rules")] = "settings") -> None:
    """Print JSON Schemas: of the records on Kafka, of newsquake.yaml, of rules.yaml (for editors)."""
    if what == "records":
        from core.records import json_schemas

        found: Any = json_schemas()
    elif what == "settings":
        found = Settings.model_json_schema()
    elif what == "rules":
        from alerts.rules.schema import RulesFile

        found = RulesFile.model_json_schema()
    else:
        raise ConfigError(f"{what}: expected records, settings or rules")
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))


def bench_scoring(
    texts: Annotated[int, typer.Option(min=32, help="How many headlines.")] = 1024,
    rounds: Annotated[int, typer.Option(min=1, help="Number of runs; the best counts.")] = 3,
    other_python: Annotated[
        Path | None, typer.Option(help="An interpreter that has torch and transformers (the extra `train`).")
    ] = None,
    infinity_python: Annotated[
        Path | None, typer.Option(help="An interpreter that has infinity-emb.")
    ] = None,
) -> None:
    """Measure texts scored per second beside alternatives, in one run; ratios as `21.3 ×`."""
    script = Path(__file__).resolve().parents[2] / "bench" / "scoring.py"
    if not script.exists():
        raise ConfigError(
            "benchmarks are part of the repository, not of the package: run this from a checkout"
        )
    for option, python in (("--other-python", other_python), ("--infinity-python", infinity_python)):
        if python and not shutil.which(str(python)):
            raise ConfigError(f"{option} {python}: no such interpreter")
    more = ["--texts", str(texts), "--rounds", str(rounds)]
    more += ["--other-python", str(other_python)] if other_python else []
    more += ["--infinity-python", str(infinity_python)] if infinity_python else []
    if subprocess.run([sys.executable, str(script), *more], check=False).returncode:
        raise NewsquakeError("the benchmark failed; see its output above")


def version() -> None:
    """Print the version."""
    typer.echo(f"newsquake {installed_version('newsquake')}")
