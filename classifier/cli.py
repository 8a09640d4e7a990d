"""The commands of the classifier, as plain functions; newsquake/cli.py mounts them.

Heavy imports stay inside: `newsquake --help` must not load a model, and a base install has no torch.
"""

import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import ConfigError
from core.folders import writable

CHUNK_ROWS = 2_048


def classify(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="jsonl, json, csv, tsv, parquet, txt (a text a line), or - (any of them; detected from its beginning)",
        ),
    ],
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="jsonl (ndjson), csv or parquet; default: stdout")
    ] = None,
    register: Annotated[str | None, typer.Option(help="news, social or forum; default: detected")] = None,
    weights: Annotated[Path | None, typer.Option(help="a weights folder; default: the one in use")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, openvino, onnx, exact, cuda or torch")] = "auto",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of the model")] = 2,
    entities: Annotated[
        list[Path] | None, typer.Option(help="company lists (YAML, CSV, Parquet); none: built in only")
    ] = None,
) -> None:
    """Score texts: sentiment, topics, companies, story signature. One row out for every row in."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    from classifier.entities.linker import default_linker
    from classifier.sinks import row_out, writer
    from classifier.table import read
    from classifier.taxonomy import REGISTERS

    given, register = register, register.strip().casefold() if register is not None else None  # as a row's is
    if register is not None and register not in REGISTERS:
        raise ConfigError(f"--register {given!r}: expected one of {', '.join(REGISTERS)}")
    linker = default_linker(tuple(entities or ()))
    sys.stderr.write(f"{linker.origin}\n")
    if output and Path(source).is_file() and Path(output).exists() and Path(output).samefile(source):
        raise ConfigError(f"{output}: is also the input, whose texts would be lost: name another file")
    rows = read(source, register)
    first = list(islice(rows, CHUNK_ROWS))  # a missing file is reported before the model loads
    engine = _engine(weights, device, threads, linker)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with writer(output) as sink, Progress(*columns, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("classify", total=None)
        seen = bad = 0
        chunk = first
        while chunk:
            seen += len(chunk)
            following = list(islice(rows, CHUNK_ROWS))
            bar.update(task, total=seen + len(following))
            good = [r for r in chunk if r.text is not None]
            scores = iter(
                engine.score([r.text for r in good if r.text is not None], lambda n: bar.advance(task, n))
            )
            sink.write([row_out(r, next(scores) if r.text is not None else None) for r in chunk])
            bad += len(chunk) - len(good)
            bar.advance(task, len(chunk) - len(good))
            chunk = following
    if bad:
        sys.stderr.write(f"{bad:,} of {seen:,} rows have no scores: see their column `error`\n")


def _engine(weights: Path | None, device: str, threads: int, linker: Any) -> Any:
    """Load the engine. Raises ConfigError for an unusable weights folder."""
    from classifier.network import registry
    from classifier.scoring.engine import Engine

    try:
        return Engine.load(weights or registry.current(), threads=threads, device=device, linker=linker)
    except (FileNotFoundError, ValueError, KeyError) as error:
        raise ConfigError(f"weights: {error}") from error


def train(
    recipe: Annotated[
        Path, typer.Option("-r", "--recipe", help="recipe YAML; shipped names: bilingual, permissive")
    ],
    base: Annotated[
        str | None, typer.Option(help="base model: a folder, or a hub name where a hub is reachable")
    ] = None,
    data: Annotated[Path, typer.Option(help="the folder with sentiment/, topics/, subjects/")] = Path(
        "../shared/data"
    ),
    out: Annotated[Path, typer.Option(help="checkpoints, logs and the packed weights")] = Path("build/train"),
    seed: Annotated[int | None, typer.Option(help="overrides the recipe's seed")] = None,
    minutes: Annotated[float | None, typer.Option(help="overrides the recipe's wall-clock budget")] = None,
) -> None:
    """Fine-tune the model by a recipe; resumes an interrupted run in --out."""
    try:
        from classifier.training.run import run
    except ImportError as error:
        from classifier.extras import how

        raise ConfigError(
            f"training needs the extra train ({error.name} is missing): {how('train')}"
        ) from error
    run(recipe, data=data, out=out, base=base, seed=seed, minutes=minutes)


def evaluate(
    weights: Annotated[Path | None, typer.Option(help="a weights folder; default: the one in use")] = None,
    data: Annotated[Path, typer.Option(help="the folder with sentiment/, topics/, subjects/")] = Path(
        "../shared/data"
    ),
    out: Annotated[Path, typer.Option(help="report.md, report.json and plots")] = Path("build/evaluation"),
    split: Annotated[str, typer.Option(help="dev or test; test is for reporting only")] = "test",
    sets: Annotated[list[str] | None, typer.Option(help="only these sets")] = None,
    device: Annotated[str, typer.Option(help="as for classify")] = "auto",
    threads: Annotated[int, typer.Option(min=1)] = 2,
    card: Annotated[
        Path | None, typer.Option(help="write the model card here, plots to images/ beside it")
    ] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=DIR", help="for the card: another recipe's --out, e.g. permissive=build/permissive"
        ),
    ] = None,
    heads: Annotated[
        Path | None, typer.Option(help="for the card: result of evaluation/head_seeds.py")
    ] = None,
    leave_out: Annotated[
        Path | None, typer.Option(help="for the card: result of evaluation/leave_out.py")
    ] = None,
    measured: Annotated[
        bool, typer.Option("--measured", help="only make the card, from the report in --out")
    ] = False,
) -> None:
    """Measure the model per data set and language: accuracy, F1, calibration, abstention, throughput."""
    from classifier.evaluation.run import run, write_card

    if split not in ("dev", "test"):
        raise ConfigError(f"--split {split!r}: expected dev or test")
    if not measured and not data.is_dir():
        raise ConfigError(f"--data {data}: no such folder")
    writable(out, "--out")
    from classifier.entities.linker import default_linker
    from classifier.evaluation.card import Extras

    extras = Extras(
        dict(_beside(text) for text in beside or ()),
        _json(heads) if heads else None,
        _json(leave_out) if leave_out else None,
    )
    if any(other.get("split") != split for other in extras.beside.values()):
        raise ConfigError(
            f"--beside: a report of another side than {split}; evaluate that recipe with --split {split}"
        )
    if measured:
        if not card:
            raise ConfigError("--measured makes the card only: add --card FILE")
        config, result = _kept(weights, out, split)
    else:
        engine = _engine(weights, device, threads, default_linker())
        config, result = (
            engine.config,
            run(engine, data=data, out=out, split=split, sets=tuple(sets or ())),
        )
    if card:
        write_card(card, result, config, out, extras)


def _kept(weights: Path | None, out: Path, split: str) -> tuple[Any, Any]:
    """The weights' config and the report in `out`, if they belong together. Raises ConfigError."""
    from classifier.network import packed, registry

    config, result = _json((weights or registry.current()) / packed.CONFIG), _json(out / "report.json")
    if (result.get("model_version"), result.get("split")) != (config.get("model_version"), split):
        raise ConfigError(
            f"{out / 'report.json'}: of {result.get('model_version')}, side {result.get('split')}; "
            f"wanted {config.get('model_version')}, side {split}"
        )
    return config, result


def _beside(text: str) -> tuple[str, Any]:
    """NAME=DIR (or NAME=report.json) -> the name and the report."""
    name, _, place = text.partition("=")
    if not name or not place:
        raise ConfigError(f"--beside {text}: expected NAME=DIR, e.g. permissive=build/permissive")
    path = Path(place)
    return name, _json(path / "report.json" if path.is_dir() else path)


def _json(path: Path) -> Any:
    """A report that an evaluation wrote. Raises ConfigError naming the file."""
    import json

    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: not a report of an evaluation: {error}") from error


def entities_import(
    lists: Annotated[
        list[Path], typer.Argument(help="SEC, S&P 500, A-share or NSE lists (CSV, Parquet) or YAML")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="one YAML of all; default: the user's data folder, used from then on"
        ),
    ] = None,
) -> None:
    """Make one YAML of companies from public lists; without -o every command uses it from then on."""
    from classifier.entities import catalogue
    from classifier.entities.lists import imported

    merged = catalogue.merged([], [catalogue.of_list(path) for path in lists])
    target = output or imported()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(catalogue.IMPORTED + catalogue.dump(merged), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{target}: cannot be written ({error.strerror or error})") from error
    sys.stderr.write(f"{target}: {len(merged):,} companies{'' if output else ', used from now on'}\n")


app = typer.Typer(help="The classifier's commands.", no_args_is_help=True)
app.command()(classify)
app.command()(train)
app.command()(evaluate)
entities_app = typer.Typer(help="Company lists.", no_args_is_help=True)
entities_app.command("import")(entities_import)
app.add_typer(entities_app, name="entities")


def model_list() -> None:
    """List the available models; the one in use is marked."""
    from classifier.network import registry

    for version in registry.versions():
        mark = "*" if version.current else " "
        sys.stdout.write(f"{mark} {version.name}  {version.recipe:12} {version.folder}\n")


def model_compare(
    challenger: Annotated[str, typer.Argument(help="a version, a weights folder, or shipped")],
    champion: Annotated[str | None, typer.Argument(help="default: the one in use")] = None,
    data: Annotated[Path, typer.Option(help="the folder with sentiment/, topics/, subjects/")] = Path(
        "../shared/data"
    ),
    out: Annotated[Path, typer.Option(help="where both reports are written")] = Path("build/compare"),
) -> None:
    """Evaluate two models on the same dev side; exit 1 where the gate objects to the challenger."""
    from classifier.network import registry

    second = registry.find(champion) if champion else registry.current()
    problems = gate(registry.find(challenger), second, data, out)
    sys.stdout.write("".join(f"objection: {p}\n" for p in problems) or "the challenger passes the gate\n")
    if problems:
        raise typer.Exit(1)


def gate(challenger: Path, champion: Path, data: Path, out: Path) -> list[str]:
    """Evaluate both on dev and return the gate's objections (classifier/evaluation/gate.py).

    Raises ConfigError where the data or a folder of weights is not there.
    """
    from classifier.entities.linker import default_linker
    from classifier.evaluation import floor
    from classifier.evaluation.gate import objections
    from classifier.evaluation.run import run

    if not data.is_dir():
        raise ConfigError(f"--data {data}: no such folder (the gate measures; --force promotes without it)")
    writable(out, "--out")

    def measured(folder: Path, name: str) -> dict[str, Any]:
        return run(_engine(folder, "auto", 2, default_linker()), data=data, out=out / name, split="dev")

    before, after = measured(champion, "champion"), measured(challenger, "challenger")
    return objections(before, after, floor.kept())


model_app = typer.Typer(help="Versions of the model.", no_args_is_help=True)
model_app.command("list")(model_list)
model_app.command("compare")(model_compare)
app.add_typer(model_app, name="model")
