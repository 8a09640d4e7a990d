"""The row of infinity-emb in bench/scoring.py: its engines serving our encoder, in process, on CPU.

Run by an interpreter that has infinity-emb (an environment of its own: it pins transformers). That interpreter writes
our packed weights as plain transformers and ONNX folders first, float32 and dynamic int8 (per channel, as optimum
makes it), then asks each engine for embeddings: less work than ours does, as no head, linking or record is made.
An engine that cannot load is a result too: it says why and counts as nothing. The best of the rest is the row.

    uv venv --python 3.11 ENV
    uv pip install -p ENV/bin/python "infinity-emb[torch,optimum,server]==0.0.78" "transformers>=4.57,<4.58"
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BATCH = 32
WARM_TEXTS = 64


def folders(bert: Any, tokenizer: Any, work: Path) -> dict[str, Path]:
    """Write what each engine reads; return engine name -> folder. What cannot be written is left out, aloud."""
    plain, exported, small = work / "infinity-torch", work / "infinity-onnx", work / "infinity-int8"
    bert.save_pretrained(plain)
    tokenizer.save_pretrained(plain)
    out = {"torch float32": plain}
    try:
        from optimum.onnxruntime import ORTModelForFeatureExtraction, ORTQuantizer
        from optimum.onnxruntime.configuration import AutoQuantizationConfig

        ORTModelForFeatureExtraction.from_pretrained(plain, export=True).save_pretrained(exported)
        tokenizer.save_pretrained(exported)
        out["optimum float32"] = exported
        wanted = AutoQuantizationConfig.avx512_vnni(is_static=False, per_channel=True)
        quantizer = ORTQuantizer.from_pretrained(exported, file_name="model.onnx")
        quantizer.quantize(save_dir=small, quantization_config=wanted)
        bert.config.save_pretrained(small)
        tokenizer.save_pretrained(small)
        out["optimum int8"] = small
    except Exception as error:  # noqa: BLE001  an exporter that fails is a result of this bench
        sys.stderr.write(f"infinity-emb, export: {type(error).__name__}: {error}\n")
    return out


async def _rate(texts: list[str], rounds: int, engine_name: str, folder: Path) -> float:
    from infinity_emb import AsyncEngineArray, EngineArgs
    from infinity_emb.primitives import InferenceEngine

    # Its optimum engine takes a local folder's ONNX file only by a relative name, and keeps optimised graphs by name:
    # so it runs inside the folder, and what it kept of another one goes.
    os.chdir(folder)
    shutil.rmtree(Path(os.environ["HF_HOME"]) / "hub" / "infinity_onnx", ignore_errors=True)
    arguments = EngineArgs(
        model_name_or_path=".", engine=InferenceEngine[engine_name], device="cpu",
        batch_size=BATCH, bettertransformer=False, model_warmup=False,
    )  # fmt: skip
    engine = AsyncEngineArray.from_args([arguments])[0]
    best = float("inf")
    async with engine:
        await engine.embed(sentences=texts[:WARM_TEXTS])
        for _ in range(rounds):
            began = time.perf_counter()
            await engine.embed(sentences=texts)
            best = min(best, time.perf_counter() - began)
    return len(texts) / best


def measure(texts: list[str], rounds: int, found: dict[str, Path]) -> dict[str, float]:
    """Texts a second of each engine, and of the best as `texts_per_s`. Raises RuntimeError where none works."""
    rates: dict[str, float] = {}
    for name, folder in found.items():
        try:
            rates[name] = asyncio.run(_rate(texts, rounds, name.split()[0], folder))
        except Exception as error:  # noqa: BLE001
            sys.stderr.write(f"infinity-emb, {name}: {type(error).__name__}: {error}\n")
    if not rates:
        raise RuntimeError("none of infinity-emb's engines could serve the model")
    return {"texts_per_s": max(rates.values()), **rates}


def run(
    texts: list[str], rounds: int, work: Path, bert: Callable[[], Any], tokenizer: Callable[[], Any]
) -> dict[str, float]:
    """Write the folders below `work` and measure."""
    os.environ["HF_HOME"] = str(work / "hub")  # before anything reads it
    import torch

    torch.set_num_threads(2)
    return measure(texts, rounds, folders(bert(), tokenizer(), work))
