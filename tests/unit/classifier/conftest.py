"""A tiny random model that has every part of the real one: tests of the engine's contract need no more."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from classifier.labels import FINNL_LABELS, TWITTER_LABELS
from classifier.network import packed
from classifier.taxonomy import REGISTERS, TOPIC_NAMES

WIDTH, INNER, LAYERS, HEADS = 64, 128, 2, 4
WORDS = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "apple",
    "shares",
    "fall",
    "after",
    "iphone",
    "sales",
    "miss",
    "target",
    "raises",
    "guidance",
    "profit",
    "loss",
    "the",
    "of",
    "in",
    "goldman",
    "sachs",
    "bank",
    "http",
    "up",
    "down",
    "5",
    "%",
    ".",
    ",",
    ";",
    ":",
    "$",
    "aapl",
    "fed",
    "holds",
    "rates",
    "stocks",
    "rally",
    "to",
    "and",
    "on",
]


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder of two layers, 64 wide, with random numbers."""
    folder = tmp_path_factory.mktemp("weights")
    rng = np.random.default_rng(11)

    def normal(*shape: int, scale: float = 0.08) -> np.ndarray:
        return rng.normal(size=shape, scale=scale).astype(np.float32)

    tensors: dict[str, np.ndarray] = {}
    tensors["word.q4"], tensors["word.scale"] = packed.pack4(normal(len(WORDS) + 20, WIDTH, scale=1.0))
    tensors["position.weight"] = normal(160, WIDTH).astype(np.float16)
    tensors["token_type"] = normal(WIDTH)
    norms = ["norm"] + [f"layers.{i}.{n}" for i in range(LAYERS) for n in ("norm_attention", "norm_out")]
    for name in norms:
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = np.ones(WIDTH, np.float32), normal(WIDTH)
    shapes = {"qkv": (3 * WIDTH, WIDTH), "out": (WIDTH, WIDTH), "up": (INNER, WIDTH), "down": (WIDTH, INNER)}
    for i in range(LAYERS):
        for part, shape in shapes.items():
            name = f"layers.{i}.{part}"
            tensors[f"{name}.weight"], tensors[f"{name}.scale"] = packed.pack8(normal(*shape))
            tensors[f"{name}.bias"] = normal(shape[0])
            if part == "down":
                tensors[f"{name}.weight"][:, [3, 17]] = 0
                tensors[f"{name}.keep"] = np.array([3, 17], np.int32)
                tensors[f"{name}.kept"] = normal(shape[0], 2, scale=2.0).astype(np.float16)
            tensors[f"{name}.input"] = np.array([0.03, 128], np.float32)
            tensors[f"{name}.smooth"] = rng.uniform(0.8, 1.2, shape[1]).astype(np.float16)
    outs = {
        "register": (len(REGISTERS), WIDTH), "sentiment_in": (WIDTH, WIDTH), "sentiment_out": (3, WIDTH),
        "topics_in": (WIDTH, WIDTH), "topics_out": (len(TOPIC_NAMES), WIDTH),
        "twitter_out": (len(TWITTER_LABELS), WIDTH), "finnl_out": (len(FINNL_LABELS), WIDTH),
        "entity_in": (WIDTH, 2 * WIDTH), "entity_out": (3, WIDTH), "signature": (128, WIDTH),
    }  # fmt: skip
    for name, shape in outs.items():
        tensors[f"heads.{name}.weight"] = normal(*shape, scale=0.3).astype(np.float16)
        tensors[f"heads.{name}.bias"] = np.zeros(shape[0], np.float16)
    tensors["heads.by_register.weight"] = normal(len(REGISTERS), WIDTH).astype(np.float16)
    from safetensors.numpy import save_file

    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, folder / packed.MODEL)
    _tokenizer().save(str(folder / packed.TOKENIZER))
    encoder = {"num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "hidden_size": WIDTH,
               "intermediate_size": INNER, "vocab_size": len(WORDS) + 20, "max_position_embeddings": 160}  # fmt: skip
    config = {"format": packed.FORMAT, "encoder": encoder, "recipe": "tiny"}
    import json

    (folder / packed.CONFIG).write_text(json.dumps(config))
    config["model_version"] = packed.version(folder)
    (folder / packed.CONFIG).write_text(json.dumps(config))
    return folder


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSQUAKE_CACHE", str(tmp_path_factory.getbasetemp() / "newsquake-cache"))
    monkeypatch.setenv("NEWSQUAKE_ENTITIES_LISTS", "none")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data, where it is there."""
    folder = Path(__file__).parents[4] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data of ../shared is not here")
    return folder
