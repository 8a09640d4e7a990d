"""Scoring speed on this machine, side by side with what a user would pick instead; each ratio as `21.3 ×`.

    newsquake bench scoring [--texts 1024] [--other-python PATH] [--infinity-python PATH]

Rows, each in a process of its own, in turns (best of `--rounds`), tokenising included, 2 threads:
    ours                 the engine, entity linking, calibration and records included
    ours, ONNX Runtime   the same graph on the other runtime (ours, OpenVINO where ours runs on ONNX Runtime)
    pipeline, BERT-base  transformers' text-classification pipeline, batch 32, random weights of FinBERT's size
    pipeline, ours       the same pipeline with our own encoder, float32
    infinity-emb         serving our encoder, best of its engines (only with --infinity-python: bench/infinity.py)
The pipeline needs torch and transformers: `--other-python` names an interpreter that has them (the extra `train`);
without one the row says so. Texts: real headlines of ../shared/data, half English, half Chinese, else made-up ones.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
BERT_BASE = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
}
SLOW_SHARE = 16
"""The slow rows score every 16th text: a rate needs no more."""


def headlines(count: int) -> tuple[list[str], str]:
    """Return texts and where they are from."""
    if (DATA / "sentiment").is_dir():
        import pandas as pd

        half = count // 2
        english = pd.read_parquet(DATA / "sentiment/en_sentfin_headlines.parquet").text.sample(
            half, random_state=1
        )
        chinese = pd.read_parquet(DATA / "sentiment/zh_stock_news.parquet").text.sample(half, random_state=1)
        return [
            t for pair in zip(english, chinese, strict=True) for t in pair
        ], "real headlines, half of them Chinese"
    made = [
        f"Company {i} raises its outlook as quarterly profit rises {i % 40} percent" for i in range(count)
    ]
    return made, "made-up headlines (../shared/data is not here)"


def ours(texts: list[str], device: str, rounds: int) -> dict[str, Any]:
    """Load the engine, score, and say how long the first score and the rest took."""
    import psutil

    began = time.perf_counter()
    from classifier.records import Text
    from classifier.scoring.engine import Engine

    engine = Engine.load(device=device)
    engine.score([Text(texts[0])])
    first = time.perf_counter() - began
    rows = [Text(t) for t in texts]
    engine.score(rows)
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        engine.score(rows)
        best = min(best, time.perf_counter() - began)
    memory = psutil.Process().memory_info().rss / 1e6
    return {
        "texts_per_s": len(rows) / best, "first_score_s": first, "memory_mb": memory, "runtime": engine.backend,
    }  # fmt: skip


def our_tokenizer() -> Any:
    """Our tokeniser as transformers takes it."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_file=str(ROOT / "classifier/weights/tokenizer.json"),
        pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>", model_max_length=512,
    )  # fmt: skip


def pipeline(texts: list[str], kind: str, rounds: int) -> dict[str, float]:
    """transformers' own pipeline, as its documentation uses it, batch 32."""
    import torch
    from transformers import BertForSequenceClassification
    from transformers import pipeline as make

    torch.set_num_threads(2)
    model = our_bert() if kind == "ours" else BertForSequenceClassification(bert_config(BERT_BASE))
    model.eval()
    scorer = make("text-classification", model=model, tokenizer=our_tokenizer(), device=-1, batch_size=32)
    scorer(texts[:32])
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        scorer(texts)
        best = min(best, time.perf_counter() - began)
    return {"texts_per_s": len(texts) / best}


def bert_config(shape: dict[str, int]) -> Any:
    """A transformers BertConfig of our vocabulary and the given shape."""
    from transformers import BertConfig

    return BertConfig(vocab_size=58_378, pad_token_id=1, num_labels=3, max_position_embeddings=512, **shape)


def our_bert() -> Any:
    """Our packed encoder as a plain transformers model (float32) under a random classification head."""
    import numpy as np
    import torch
    from transformers import BertForSequenceClassification

    from classifier.backends.torch import encoder_state
    from classifier.network import packed

    tensors, config = packed.read(ROOT / "classifier/weights")
    shape = {k: config["encoder"][k] for k in BERT_BASE}
    state = encoder_state(tensors, shape["num_hidden_layers"])
    names = {"word.weight": "embeddings.word_embeddings.weight", "norm.weight": "embeddings.LayerNorm.weight",
             "norm.bias": "embeddings.LayerNorm.bias"}  # fmt: skip
    own: dict[str, Any] = {f"bert.{v}": state[k] for k, v in names.items()}
    places = np.zeros((512, shape["hidden_size"]), np.float32)
    places[: len(state["position.weight"])] = state["position.weight"]
    own["bert.embeddings.position_embeddings.weight"] = places
    own["bert.embeddings.token_type_embeddings.weight"] = np.stack([state["token_type"]] * 2)
    parts = {"out": "attention.output.dense", "norm_attention": "attention.output.LayerNorm",
             "up": "intermediate.dense", "down": "output.dense", "norm_out": "output.LayerNorm"}  # fmt: skip
    for i in range(shape["num_hidden_layers"]):
        for kind in ("weight", "bias"):
            three = np.split(state[f"layers.{i}.qkv.{kind}"], 3)
            for name, value in zip(("query", "key", "value"), three, strict=True):
                own[f"bert.encoder.layer.{i}.attention.self.{name}.{kind}"] = value
            for ours_, theirs in parts.items():
                own[f"bert.encoder.layer.{i}.{theirs}.{kind}"] = state[f"layers.{i}.{ours_}.{kind}"]
    model = BertForSequenceClassification(bert_config(shape))
    missing = model.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in own.items()}, strict=False)
    left = [k for k in missing.missing_keys if "pooler" not in k and "classifier" not in k]
    if left or missing.unexpected_keys:
        raise RuntimeError(f"weights do not fit transformers' names: {left} {missing.unexpected_keys}")
    return model


def infinity_row(texts: list[str], rounds: int, folder: Path) -> dict[str, float]:
    """infinity-emb's engines over our encoder; the best of them counts (bench/infinity.py)."""
    import infinity  # the script's own folder is on the path

    return infinity.run(texts, rounds, folder, lambda: our_bert().bert, our_tokenizer)


def row(python: str, name: str, texts: list[str], rounds: int, folder: Path) -> dict[str, Any]:
    """Run one row in a process of its own."""
    job = json.dumps({"name": name, "texts": texts, "rounds": rounds, "folder": str(folder)})
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [python, str(Path(__file__).resolve()), "--row"],
        input=job,
        capture_output=True,
        text=True,
        env=environment,
    )
    sys.stderr.write("".join(f"{x}\n" for x in done.stderr.splitlines() if x.startswith("infinity-emb,")))
    if done.returncode:
        raise RuntimeError(f"{name}: {(done.stderr.strip() or 'died without a word').splitlines()[-1]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _child() -> None:
    job = json.load(sys.stdin)
    name, texts, rounds, folder = job["name"], job["texts"], job["rounds"], Path(job["folder"])
    if name.startswith("ours"):
        device = {"ours, ONNX Runtime": "onnx", "ours, OpenVINO": "openvino"}.get(name, "auto")
        result = ours(texts, device, rounds)
    elif name.startswith("infinity"):
        result = infinity_row(texts, rounds, folder)
    else:
        result = pipeline(texts, "ours" if name.endswith("ours") else "base", rounds)
    sys.stdout.write("\n" + json.dumps(result) + "\n")


def main(
    texts: int = 1024, rounds: int = 3, other_python: str | None = None, infinity_python: str | None = None
) -> dict[str, Any]:
    """Print the table and return it; rows that could not run say why."""
    from classifier.backends.instructions import has_int8_products

    lines, source = headlines(texts)
    other = other_python or (sys.executable if find_spec("transformers") and find_spec("torch") else None)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as work:
        plan = [
            ("ours", sys.executable, lines),
            (f"ours, {'ONNX Runtime' if has_int8_products() else 'OpenVINO'}", sys.executable, lines),
            ("pipeline, BERT-base", other, lines[:: SLOW_SHARE // 2]),
            ("pipeline, ours", other, lines[::2]),
            ("infinity-emb", infinity_python, lines),
        ]
        for name, python, some in plan:
            if python is None:
                found[name] = {"skipped": "name an environment of its own"}
                continue
            sys.stderr.write(f"scoring: {name}\n")
            try:
                found[name] = row(python, name, some, rounds, Path(work))
            except (OSError, RuntimeError) as error:  # another's environment: its fault is no end of ours
                if name == "ours":
                    raise
                found[name] = {"skipped": str(error)}
        again = row(
            sys.executable, "ours", lines, rounds, Path(work)
        )  # the machine may have changed meanwhile
        found["ours"]["texts_per_s"] = (found["ours"]["texts_per_s"] + again["texts_per_s"]) / 2
    rate = found["ours"]["texts_per_s"]
    table = [f"{len(lines)} texts, {source}", "", "| engine | texts/s | ours is |", "|---|---|---|"]
    for name, one in found.items():
        if "skipped" in one:
            table.append(f"| {name} | not run: {one['skipped']} | |")
            continue
        table.append(f"| {name} | {one['texts_per_s']:.0f} | {rate / one['texts_per_s']:.1f} × |")
        engines = {k: v for k, v in one.items() if k.split()[0] in ("torch", "optimum")}
        table += [f"| – its engine {k} | {v:.0f} | {rate / v:.1f} × |" for k, v in engines.items()]
    own = found["ours"]
    table += [
        "",
        f"first score {own['first_score_s']:.1f} s after the start, {own['memory_mb']:.0f} MB resident",
        f"ours runs on {own['runtime']}"
        + ("" if has_int8_products() else "; this processor has no int8 products (VNNI, AMX)"),
    ]
    sys.stdout.write("\n".join(table) + "\n")
    return found


if __name__ == "__main__":
    if "--row" in sys.argv:
        _child()
    else:
        parser = argparse.ArgumentParser(
            description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument("--texts", type=int, default=1024)
        parser.add_argument("--rounds", type=int, default=3)
        parser.add_argument("--other-python")
        parser.add_argument("--infinity-python")
        given = parser.parse_args()
        main(given.texts, given.rounds, given.other_python, given.infinity_python)
