"""From a trained network to weights that serve: pack, then fit the calibration on dev with the packed model."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from classifier.backends.choose import choose
from classifier.data.corpus import Example
from classifier.network import packed
from classifier.network.model import Encoder, TorchHeads
from classifier.reading.chunks import LEAD_TOKENS
from classifier.reading.tokenizer import ChunkTokenizer
from classifier.scoring.heads import Heads
from classifier.scoring.predict import predict
from classifier.training.packing import calibrate, export, fit_ngrams, signature

RANGE_TEXTS = 800
_ENCODER_KEYS = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")


def pack(
    folder: Path,
    encoder: Encoder,
    heads: TorchHeads,
    examples: list[Example],
    config: dict[str, Any],
    tokenizer: Path,
    about: dict[str, Any],
    signed: tuple[list[Example], np.ndarray] | None = None,
) -> str:
    """Write the weights' folder: tensors, tokenizer, config with calibration; return the model version.

    `signed`: examples and the unit vectors (texts, bits) their signatures shall follow.
    """
    train = [e for e in examples if e.side == "train"]
    rng = np.random.default_rng(5)
    chosen = rng.choice(len(train), min(RANGE_TEXTS, len(train)), replace=False)
    coder = Tokenizer.from_file(str(tokenizer))
    coder.no_padding()
    coder.enable_truncation(LEAD_TOKENS)
    ids = [c.ids for c in coder.encode_batch([train[i].text for i in chosen])]
    keep = {k: config[k] for k in _ENCODER_KEYS} | {"max_position_embeddings": export.POSITIONS}
    export.write(folder, export.tensors(encoder, heads, ids), keep, tokenizer, about)
    dev = [e for e in examples if e.side == "dev"]
    tensors, written = packed.read(folder)
    tokens, backend = ChunkTokenizer(folder), choose("cpu", folder, 2)
    registers = np.array([e.register for e in dev])
    if signed is not None:
        pooled = predict(tokens, backend, Heads(tensors), signed[0]).pooled
        weight, bias = signature.fit_head(pooled, signed[1])
        tensors["heads.signature.weight"] = weight.astype(np.float16)
        tensors["heads.signature.bias"] = bias.astype(np.float16)
    outputs = predict(tokens, backend, Heads(tensors), dev, registers)
    train_ids, dev_ids = (
        [c.ids for c in coder.encode_batch([e.text for e in side])] for side in (train, dev)
    )
    linear = fit_ngrams.fit(train, train_ids, outputs.sentiment, dev, dev_ids)
    tensors |= linear
    save_file(
        {k: np.ascontiguousarray(v) for k, v in tensors.items()},
        folder / packed.MODEL,
        metadata={"format": "newsquake"},
    )
    added = Heads(tensors).ngrams.logits(dev_ids, registers)
    outputs = replace(outputs, sentiment=outputs.sentiment + added)
    written["calibration"] = calibrate.fit(dev, outputs)
    return packed.seal(folder, json.loads(json.dumps(written)))
