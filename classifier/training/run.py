"""`newsquake train`: recipe -> base -> (pre-training) -> training -> packed, calibrated weights."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from tokenizers import Tokenizer

from classifier.data import corpus, later_sets, phrases, sampling
from classifier.data.corpus import NEGATIVE, Example
from classifier.network.model import TorchHeads
from classifier.scoring.engine import Engine
from classifier.training import loop, made_texts, methods, mlm, reference
from classifier.training import recipe as recipes
from classifier.training.base import Base
from classifier.training.base import load as load_base
from classifier.training.board import Board
from classifier.training.devscore import dev_score, thin
from classifier.training.packing import fingerprint, pack, signature
from classifier.training.recipe import Recipe
from core.errors import ConfigError

CLASSES = (0, 1, 2)
HELD_OUT_TEXTS = 150
"""Of the polarity grammar in the dev score, a language."""
LINE_SECONDS = 60
"""Between two lines of progress where nobody sees a bar."""


def run(
    name: Path, *, data: Path, out: Path, base: str | None, seed: int | None, minutes: float | None
) -> str:
    """Train by a recipe and leave the packed weights in `out`/weights; return their model version.

    Of several processes (accelerate launch) the first packs; the others return "".
    Resumes from `out`/checkpoint.pt where that is of the same run. Raises ConfigError where it is of another one,
    and for a recipe, a base or a data folder not usable.
    """
    changes = {k: v for k, v in (("base", base), ("seed", seed), ("minutes", minutes)) if v is not None}
    recipe = recipes.load(name, changes)
    if not data.is_dir():
        raise ConfigError(f"--data {data}: no such folder")
    out.mkdir(parents=True, exist_ok=True)
    device = _device()
    workers = loop.Workers()
    say = _say if workers.rank == 0 else _quiet
    say(f"base: {recipe.base}")
    if workers.rank:
        workers.wait()  # the first one may have to convert the base
    start = load_base(recipe.base, out / "bases")
    if not workers.rank:
        workers.wait()
    this = fingerprint.of(recipe, start)
    fingerprint.demand(out, this)  # at once: the loop, which asks too, comes minutes later
    tokenizer = Tokenizer.from_file(str(start.tokenizer))
    # Sides are made over all sets, whatever the recipe takes: else it would train on what evaluation calls test.
    examples = _examples(recipe, data, say)
    this["data"] = fingerprint.data(examples)
    say(f"cutting {len(examples):,} texts into pieces")
    plan = _plan(recipe)
    items = sampling.itemise([e for e in examples if e.side == "train"], tokenizer, plan.max_tokens)
    held_out = made_texts.make(2 * HELD_OUT_TEXTS, recipe.seed, "held_out") if recipe.polarity else []
    dev_texts = [*(e for e in examples if e.side == "dev"), *held_out]
    dev = thin(sampling.itemise(dev_texts, tokenizer, plan.max_tokens))
    if recipe.teachers:
        say(f"probabilities of {reference.add_stored(recipe.teachers, items):,} texts by teachers")
    if start.heads is not None:
        _refer(Engine.load(Path(recipe.base)), items, recipe, say)
    elif recipe.signature_texts:
        say(
            f"embedding up to {recipe.signature_texts:,} texts a set by the base, for the signature to follow"
        )
        teach_signature(start, tokenizer, items, recipe)
    made = [*phrases.make(recipe.phrases, recipe.seed), *made_texts.make(recipe.polarity, recipe.seed)]
    # A made article that is cut off may have lost what its label says.
    items += [i for i in sampling.itemise(made, tokenizer, plan.max_tokens) if len(i.ids) < plan.max_tokens]
    board = Board(out, recipe) if workers.rank == 0 else None
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr)) as bar:
        encoder = start.encoder.to(device)
        torch.manual_seed(recipe.seed)
        if recipe.pretraining.minutes:
            say(f"pre-training, {recipe.pretraining.minutes:g} minutes")
            _pretrain(recipe, encoder, tokenizer, data, bar)
        torch.manual_seed(recipe.seed)  # heads and adapters begin with random numbers; pre-training took some
        heads = TorchHeads(start.config["hidden_size"])
        if start.heads is not None:
            heads.load_state_dict(start.heads)
        heads.to(device)
        steps = len(items) * 20 // plan.batch_tokens
        method = methods.apply(encoder, plan.method, recipe.rank, steps)
        encoder.to(device)
        going_on = " (goes on from its checkpoint)" if (out / "checkpoint.pt").exists() else ""
        say(f"training on {len(items):,} texts, at most {recipe.minutes:g} minutes{going_on}")
        task = bar.add_task("train", total=1.0)
        told = time.monotonic()

        def watch(step: int, of: int, progress: float, means: dict[str, float]) -> None:
            shown = " ".join(
                f"{k} {v:.3f}" for k, v in means.items() if k in ("sentiment", "twitter", "finnl")
            )
            nonlocal told
            bar.update(task, completed=progress, description=f"train {step}/{of} {shown}")
            if not bar.console.is_terminal and time.monotonic() - told > LINE_SECONDS:
                told = time.monotonic()
                say(f"train {step}/{of} {progress:.0%} {shown}")
            if board:
                board.write(step, {f"loss/{k}": v for k, v in means.items()})

        def evaluate() -> float:
            score = dev_score(encoder, heads, dev)
            if board:
                board.write(None, {"dev/score": score})
            return score

        loop.train(encoder, heads, items, plan, out, watch, evaluate, method, this)
    if board is None:
        return ""  # the first process packs for all
    board.close()
    encoder = method.merge(encoder).cpu()
    about = {"recipe": recipe.name, "licence": recipe.licence, "base": Path(recipe.base).name,
             "sets": sorted(recipe.sets), "seed": recipe.seed}  # fmt: skip
    weights = out / "weights"
    taught = [(i.example, i.signature) for i in items if i.signature is not None]
    signed = ([e for e, _ in taught], np.stack([v for _, v in taught])) if taught else None
    say("packing to int8, fitting n-grams and calibration on dev")
    version = pack.pack(weights, encoder, heads.cpu(), examples, start.config, start.tokenizer, about, signed)
    say(f"{weights}: {version}")
    return version


def _examples(recipe: Recipe, data: Path, say: Callable[[str], None]) -> list[Example]:
    """The recipe's sets with their sides, which are made over all sets."""
    every = corpus.load(data, watch=say)
    later = tuple(name for name in recipe.sets if name in later_sets.SETS)
    found = [*every, *(later_sets.load(data, every, later) if later else ())]
    examples = [e for e in found if e.set in recipe.sets]
    if recipe.finese_negative:
        for e in examples:
            if e.set == "finese" and e.side == "train" and e.spans and all(s[2] == NEGATIVE for s in e.spans):
                e.sentiment = NEGATIVE
    return examples


def _refer(engine: Engine, items: list[sampling.Item], recipe: Recipe, say: Callable[[str], None]) -> None:
    """Let training stay near to the weights that it goes on from: probabilities, signatures."""
    labelled = [i for i in items if i.example.sentiment in CLASSES and i.example.set in corpus.SETS]
    if recipe.anchor and not recipe.teachers:
        say(f"probabilities of {len(labelled):,} texts by {engine.model_version}")
        reference.add_probabilities(engine, labelled)
    chosen = _signed(items, recipe)
    say(f"signatures of {len(chosen):,} texts by {engine.model_version}")
    reference.add_signatures(engine, [items[k] for k in chosen])


def _signed(items: list[sampling.Item], recipe: Recipe) -> list[int]:
    """Which items follow a signature: at most `signature_texts` a set."""
    rng = np.random.default_rng(0)
    chosen: list[int] = []
    for name in recipe.sets:
        rows = [k for k, i in enumerate(items) if i.example.set == name]
        chosen += rng.permutation(rows)[: recipe.signature_texts].tolist()
    return chosen


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _quiet(_: str) -> None:
    """One of several processes speaks for all."""


def _plan(recipe: Recipe) -> sampling.Plan:
    shared = set(sampling.Plan.__dataclass_fields__) & set(Recipe.model_fields)
    values: dict[str, Any] = {k: getattr(recipe, k) for k in shared}
    return sampling.Plan(
        passes={**recipe.sets, phrases.NAME: 1.0, made_texts.NAME: 1.0},
        budget_minutes=recipe.minutes,
        **values,
    )


def _device() -> torch.device:
    """A card where there is one (accelerate gives each of several processes its own), else the CPU."""
    if not torch.cuda.is_available() and int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return torch.device("cpu")
    from accelerate import Accelerator

    device: torch.device = Accelerator().device
    return device


def _pretrain(recipe: Recipe, encoder: Any, tokenizer: Tokenizer, data: Path, bar: Progress) -> None:
    given = recipe.pretraining
    lines = mlm.texts([p if p.exists() else data / p for p in given.texts])
    if not lines:
        raise ConfigError("pretraining.minutes is set, but pretraining.texts has no text")
    task = bar.add_task("pre-train", total=None)
    mlm.pretrain(
        encoder, tokenizer, lines, minutes=given.minutes, rate=given.rate, seed=recipe.seed,
        watch=lambda step, loss: bar.update(task, description=f"pre-train {step} loss {loss:.3f}"),
    )  # fmt: skip


def teach_signature(start: Base, tokenizer: Tokenizer, items: list[sampling.Item], recipe: Recipe) -> None:
    """Give some items of every set the base encoder's whitened embedding to follow."""
    chosen = _signed(items, recipe)
    # The base was trained with this prefix; the student learns to do without.
    prefix = tokenizer.encode("query: x").ids[1:-2]
    ids = [[items[k].ids[0], *prefix, *items[k].ids[1:]] for k in chosen]
    languages = [items[k].example.language for k in chosen]
    vectors = signature.embed(start.encoder, ids)
    wanted = signature.targets(vectors, languages, signature.whitening(vectors, languages))
    for k, vector in zip(chosen, wanted, strict=True):
        items[k].signature = vector
