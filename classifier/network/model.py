"""The network in torch: a packed BERT encoder and the heads over it. Needs torch (extra `train` or `gpu`).

Packed: the tokens of a batch stand one behind another, (N, 384) without padding; only the attention itself
pads to the longest text of the batch. Names of the weights follow transformers' BertModel, so that its
folders load as they are. Head weights are described where they are used, in `classifier/scoring/heads.py`.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from classifier.labels import FINNL_LABELS, TWITTER_LABELS
from classifier.network import cpu
from classifier.taxonomy import REGISTERS, SENTIMENTS, TOPIC_NAMES

WIDTH = 384
SIGNATURE_BITS = 128


class Layer(nn.Module):
    """One post-norm transformer block over packed tokens."""

    def __init__(
        self, width: int, heads: int, inner: int, dropout: float, masks: cpu.Masks | None = None
    ) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm_attention = nn.LayerNorm(width, eps=1e-12)
        self.up = nn.Linear(width, inner)
        self.down = nn.Linear(inner, width)
        self.norm_out = nn.LayerNorm(width, eps=1e-12)
        self.adapter: nn.Module | None = None
        self.masks = masks or cpu.Masks(dropout)

    def forward(self, x: Tensor, place: Tensor, shape: tuple[int, int], mask: Tensor) -> Tensor:
        """x (N, width) -> (N, width). `place` (N,): each token's slot in the padded (rows x longest).

        `mask` (rows, 1, 1, longest): true where a token stands, or (training on a CPU) what to add to the scores.
        """
        rows, longest = shape
        width = x.shape[-1]
        qkv = self.qkv(x)
        padded = qkv.new_zeros(rows * longest, 3 * width).index_copy(0, place, qkv)
        q, k, v = padded.view(rows, longest, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        if mask.is_floating_point():
            mixed = cpu.attend(q, k, v, mask)
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=0.0)
        mixed = mixed.transpose(1, 2).reshape(rows * longest, width).index_select(0, place)
        x = self.norm_attention(x + self._drop(self.out(mixed)))
        inner = self.down(F.gelu(self.up(x)))
        if self.adapter is not None:
            inner = self.adapter(inner)
        out: Tensor = self.norm_out(x + self._drop(inner))
        return out

    def _drop(self, x: Tensor) -> Tensor:
        if not self.training or not self.dropout:
            return x
        return self.masks(x) if x.device.type == "cpu" else F.dropout(x, self.dropout)


class Encoder(nn.Module):
    """Word pieces -> hidden states, packed."""

    def __init__(self, config: dict[str, Any], dropout: float = 0.1) -> None:
        super().__init__()
        width = config["hidden_size"]
        self.word = nn.Embedding(config["vocab_size"], width)
        self.position = nn.Embedding(config["max_position_embeddings"], width)
        self.token_type = nn.Parameter(torch.zeros(width))
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = dropout
        masks = cpu.Masks(dropout)
        self.layers = nn.ModuleList(
            Layer(width, config["num_attention_heads"], config["intermediate_size"], dropout, masks)
            for _ in range(config["num_hidden_layers"])
        )

    def forward(self, ids: Tensor, lengths: Sequence[int]) -> Tensor:
        """`ids` (N,) of all texts behind one another, `lengths` their counts -> (N, width)."""
        rows, longest = len(lengths), max(lengths)
        count = torch.tensor(lengths, device=ids.device)
        positions = torch.cat([torch.arange(n, device=ids.device) for n in lengths])
        row = torch.repeat_interleave(torch.arange(rows, device=ids.device), count)
        place = row * longest + positions
        mask = (torch.arange(longest, device=ids.device)[None] < count[:, None])[:, None, None, :]
        x = self.norm(self.word(ids) + self.position(positions) + self.token_type)
        x = F.dropout(x, self.dropout, self.training)
        if ids.device.type == "cpu" and self.training:
            kind = torch.bfloat16 if torch.is_autocast_enabled("cpu") else x.dtype
            mask = torch.zeros(mask.shape, dtype=kind).masked_fill_(~mask, -1e4)
        for layer in self.layers:
            x = layer(x, place, (rows, longest), mask)
        states: Tensor = x
        return states

    def load_bert(self, weights: dict[str, Tensor]) -> None:
        """Copy a transformers BertModel state dict (without pooler) into this encoder."""
        get = {k.removeprefix("bert."): v for k, v in weights.items()}
        own: dict[str, Tensor] = {
            "word.weight": get["embeddings.word_embeddings.weight"],
            "position.weight": get["embeddings.position_embeddings.weight"],
            "token_type": get["embeddings.token_type_embeddings.weight"][0],
            "norm.weight": get["embeddings.LayerNorm.weight"],
            "norm.bias": get["embeddings.LayerNorm.bias"],
        }
        for i in range(len(self.layers)):
            for kind in ("weight", "bias"):
                at = f"encoder.layer.{i}"
                own[f"layers.{i}.qkv.{kind}"] = torch.cat(
                    [get[f"{at}.attention.self.{n}.{kind}"] for n in ("query", "key", "value")]
                )
                own[f"layers.{i}.out.{kind}"] = get[f"{at}.attention.output.dense.{kind}"]
                own[f"layers.{i}.norm_attention.{kind}"] = get[f"{at}.attention.output.LayerNorm.{kind}"]
                own[f"layers.{i}.up.{kind}"] = get[f"{at}.intermediate.dense.{kind}"]
                own[f"layers.{i}.down.{kind}"] = get[f"{at}.output.dense.{kind}"]
                own[f"layers.{i}.norm_out.{kind}"] = get[f"{at}.output.LayerNorm.{kind}"]
        self.load_state_dict(own)


def pool(states: Tensor, lengths: Sequence[int]) -> Tensor:
    """Mean of each text's states: (N, width) -> (rows, width)."""
    count = torch.tensor(lengths, device=states.device)
    row = torch.repeat_interleave(torch.arange(len(lengths), device=states.device), count)
    total = torch.zeros(len(lengths), states.shape[-1], device=states.device)
    return total.index_add(0, row, states.float()) / count[:, None]


class TorchHeads(nn.Module):
    """All heads over the pooled text and over a mention's pooled tokens (float32)."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.register = nn.Linear(width, len(REGISTERS))
        self.by_register = nn.Embedding(len(REGISTERS), width)
        self.sentiment_in = nn.Linear(width, width)
        self.sentiment_out = nn.Linear(width, len(SENTIMENTS))
        self.topics_in = nn.Linear(width, width)
        self.topics_out = nn.Linear(width, len(TOPIC_NAMES))
        self.twitter_out = nn.Linear(width, len(TWITTER_LABELS))
        self.finnl_out = nn.Linear(width, len(FINNL_LABELS))
        self.entity_in = nn.Linear(2 * width, width)
        self.entity_out = nn.Linear(width, len(SENTIMENTS))
        self.signature = nn.Linear(width, SIGNATURE_BITS)
        nn.init.normal_(self.by_register.weight, std=0.02)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=1 / math.sqrt(2 * module.in_features))
                nn.init.zeros_(module.bias)

    def sentiment(self, pooled: Tensor, register: Tensor) -> Tensor:
        """(rows, width), (rows,) -> logits (rows, 3)."""
        out: Tensor = self.sentiment_out(F.gelu(self.sentiment_in(pooled) + self.by_register(register)))
        return out

    def topic_state(self, pooled: Tensor) -> Tensor:
        """The shared hidden layer of the three topic heads."""
        return pooled + F.gelu(self.topics_in(pooled))

    def entity(self, span: Tensor, pooled: Tensor, register: Tensor) -> Tensor:
        """Mention states (mentions, width) with their texts' pooled states -> logits (mentions, 3)."""
        joined = torch.cat([span, pooled], dim=-1)
        out: Tensor = self.entity_out(F.gelu(self.entity_in(joined) + self.by_register(register)))
        return out


class Bottleneck(nn.Module):
    """x + up(gelu(down(x))), nothing at first: `up` begins at zero (Pfeiffer et al. 2021)."""

    def __init__(self, width: int, rank: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(width, rank), nn.Linear(rank, width)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = x + self.up(F.gelu(self.down(x)))
        return changed


def add_adapters(encoder: Encoder, state: dict[str, Any]) -> None:
    """Give each layer the bottleneck adapter that `state` (encoder weights by name) has for it, if any."""
    for i, layer in enumerate(encoder.layers):
        weight = state.get(f"layers.{i}.adapter.down.weight")
        if weight is not None:
            layer.adapter = Bottleneck(weight.shape[1], weight.shape[0])
