"""Which model is in use: promotion through the gate, with a line in the audit; what a challenger in shadow says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import ConfigError
from newsquake.commands.options import Config, StoreUrl, settings_of


def use(
    name: Annotated[str, typer.Argument(help="a version, a weights folder, or shipped")],
    data: Annotated[Path, typer.Option(help="the folder with sentiment/, topics/, subjects/")] = Path(
        "../shared/data"
    ),
    out: Annotated[Path, typer.Option(help="where the gate's reports are written")] = Path("build/compare"),
    force: Annotated[
        bool, typer.Option("--force", help="promote without the gate; the audit says so")
    ] = False,
    by: Annotated[str, typer.Option(help="who does it; default: the login name")] = "",
    config: Config = None,
    store: StoreUrl = None,
) -> None:
    """Promote a model: it is used from the next start on, if the gate (see `model compare`) has no objection.

    Going back to the shipped one needs no gate. Every promotion, and every refusal, is a line in the audit.
    """
    from alerts.handling import audit
    from alerts.interfaces.cli.options import actor_of
    from classifier.cli import gate
    from classifier.network import packed, registry
    from core.store import open_store

    folder, actor = registry.find(name), actor_of(by)
    before, version = registry.current_name(), packed.version(folder)
    settings = settings_of(config, store)
    opened = open_store(settings.store)
    try:
        free = force or name == "shipped"
        problems = [] if free else gate(folder, registry.current(), data, out)
        told = {"before": before, "gate": "forced" if force else "not asked" if free else "passed"}
        if problems:
            told["gate"] = "; ".join(problems)
        with opened.write() as connection:  # both or neither
            audit.append(
                connection,
                at=opened.now_ms(connection), desk=settings.alerts.desk, actor=actor,
                action="model refused" if problems else "model promoted", subject=version, detail=told,
            )  # fmt: skip
            if not problems:
                registry.promote(folder)
    finally:
        opened.close()
    if problems:
        sys.stderr.write("".join(f"objection: {p}\n" for p in problems))
        raise typer.Exit(1)
    sys.stdout.write(f"in use from the next start on: {version} ({registry.current()})\n")


def shadow(
    count: Annotated[int, typer.Option("-n", "--texts", min=0, help="so many of the furthest texts")] = 10,
    config: Config = None,
    store: StoreUrl = None,
) -> None:
    """What the challenger in shadow (setting classifier.challenger) said beside the model in use."""
    from classifier.serving import shadow as compared
    from core.store import open_store

    opened = open_store(settings_of(config, store).store)
    try:
        rows = compared.summary(opened)
        if not rows:
            raise ConfigError(
                "no text was scored in shadow yet: set classifier.challenger to a version or a folder of weights"
            )
        sys.stdout.write(
            "champion          challenger        language   texts  same sentiment  distance  topics\n"
        )
        for r in rows:
            texts = int(str(r["texts"]))
            same, distance = float(str(r["same"])) / texts, float(str(r["distance"])) / texts / 10_000
            sys.stdout.write(
                f"{r['champion']:17} {r['challenger']:17} {r['language'] or '?':8} {texts:7} {same:15.3f} "
                f"{distance:9.3f} {float(str(r['topics_changed'])) / texts:7.2f}\n"
            )
        for challenger in dict.fromkeys(str(r["challenger"]) for r in rows):
            for one in compared.furthest(opened, challenger, count):
                title = " ".join(str(one["title"] or one["article_id"]).split())[:100]
                sys.stdout.write(
                    f"{challenger}: {one['sentiment']} -> {one['other_sentiment']} "
                    f"({int(str(one['distance'])) / 10_000:.2f})  {title}\n"
                )
    finally:
        opened.close()
