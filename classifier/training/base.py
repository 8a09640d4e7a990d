"""The encoder that training starts from: a packed or a transformers folder, our own weights, or a hub name."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import load_file as load_numpy
from safetensors.torch import load_file

from classifier.network import packed
from classifier.network.model import Encoder, add_adapters
from classifier.scoring.heads import Heads
from core.errors import ConfigError

PACKED = "weights-q4.safetensors"


@dataclass(frozen=True, slots=True)
class Base:
    """An encoder with its configuration and tokeniser. `heads`: state of heads trained before, or None."""

    encoder: Encoder
    config: dict[str, Any]
    tokenizer: Path
    heads: dict[str, torch.Tensor] | None = None


def load(name: str, cache: Path) -> Base:
    """Load `name`; what a hub name brings is kept below `cache`.

    Raises ConfigError for what is neither a known kind of folder nor a hub name that can be fetched, and for
    an architecture that is not BERT.
    """
    folder = Path(name)
    if not folder.is_dir():
        folder = _fetch(name, cache)
    if (folder / packed.MODEL).exists() and "format" in _json(folder / packed.CONFIG):
        return _ours(folder)
    config = _json(folder / "config.json")
    if config.get("model_type") != "bert":
        raise ConfigError(f"{name}: a {config.get('model_type')} model; only BERT encoders are supported")
    encoder = Encoder(config)
    if (folder / PACKED).exists():
        stored = load_numpy(folder / PACKED)
        plain = {k: torch.from_numpy(v) for k, v in stored.items() if not k.endswith((".q4", ".scale"))}
        for key in [k.removesuffix(".q4") for k in stored if k.endswith(".q4")]:
            plain[key] = torch.from_numpy(packed.unpack4(stored[f"{key}.q4"], stored[f"{key}.scale"]))
        encoder.load_bert(plain)
    elif (folder / "model.safetensors").exists():
        encoder.load_bert(load_file(folder / "model.safetensors"))
    else:
        raise ConfigError(f"{name}: neither {PACKED} nor model.safetensors there")
    return Base(encoder, config, _tokenizer(folder))


def _ours(folder: Path) -> Base:
    from classifier.backends.torch import encoder_state

    tensors, config = packed.read(folder)
    encoder = Encoder(config["encoder"])
    state = encoder_state(tensors, config["encoder"]["num_hidden_layers"])
    add_adapters(encoder, state)
    encoder.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})
    heads = {n: torch.from_numpy(w) for n, w in Heads(tensors).weights().items()}
    return Base(encoder, config["encoder"], folder / packed.TOKENIZER, heads)


def _json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return content


def _tokenizer(folder: Path) -> Path:
    path = folder / packed.TOKENIZER
    if not path.exists():
        from transformers import AutoTokenizer

        AutoTokenizer.from_pretrained(folder).backend_tokenizer.save(str(path))
    return path


def _fetch(name: str, cache: Path) -> Path:
    """Fetch a hub model once; later runs read the copy."""
    folder = cache / name.replace("/", "--")
    if (folder / "model.safetensors").exists():
        return folder
    try:
        from transformers import AutoModel, AutoTokenizer

        model = AutoModel.from_pretrained(name, add_pooling_layer=False)
        tokenizer = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise ConfigError(f"--base {name}: no such folder, and no hub gave it ({first})") from error
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.backend_tokenizer.save(str(folder / packed.TOKENIZER))
    return folder
