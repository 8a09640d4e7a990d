"""How a network is fine-tuned: all of it, or LoRA, AdaLoRA (peft) or bottleneck adapters inside a frozen one.

LoRA and AdaLoRA are merged into the encoder when training ends, so they serve like full fine-tuning. A
bottleneck adapter (Pfeiffer et al. 2021) is no linear map and stays: the packed weights carry it.
"""

from typing import Any

import torch
from torch import Tensor

from classifier.extras import how
from classifier.network.model import Bottleneck, Encoder
from core.errors import ConfigError

TARGETS = ["qkv", "out", "up", "down"]
METHODS = ("full", "lora", "adalora", "bottleneck")


class Method:
    """Full fine-tuning: nothing to add. The others override what they need."""

    def penalty(self) -> Tensor | float:
        """What the method adds to the loss."""
        return 0.0

    def after_step(self, step: int) -> None:
        """Called behind each optimiser step."""

    def merge(self, encoder: Encoder) -> Encoder:
        """Return the encoder as it is packed."""
        return encoder


class _Peft(Method):
    def __init__(self, tuner: Any, adaptive: bool) -> None:
        self._tuner, self._adaptive = tuner, adaptive

    def penalty(self) -> Tensor | float:
        """AdaLoRA's orthogonality of its factors; 0 for LoRA."""
        if not self._adaptive:
            return 0.0
        total: Tensor | float = 0.0
        for name, p in self._tuner.named_parameters():
            if "lora_A" in name or "lora_B" in name:
                product = p @ p.T if "lora_A" in name else p.T @ p
                eye = torch.eye(len(product), device=p.device)
                total = total + 0.5 / 48 * torch.norm(product - eye)
        return total

    def after_step(self, step: int) -> None:
        if self._adaptive:
            self._tuner.update_and_allocate(step)

    def merge(self, encoder: Encoder) -> Encoder:
        merged: Encoder = self._tuner.merge_and_unload()
        return merged


def apply(encoder: Encoder, name: str, rank: int, steps: int) -> Method:
    """Prepare `encoder` in place for the method; `steps`: about how many optimiser steps will come.

    Raises ConfigError for an unknown method or where peft is not installed.
    """
    if name == "full":
        return Method()
    encoder.requires_grad_(False)
    if name == "bottleneck":
        layer: Any
        for layer in encoder.layers:
            layer.adapter = Bottleneck(layer.down.out_features, rank)
        return Method()
    try:
        from peft import AdaLoraConfig, LoraConfig
        from peft.tuners.adalora import AdaLoraModel
        from peft.tuners.lora import LoraModel
    except ImportError as error:
        raise ConfigError(f"method {name} needs the extra train: {how('train')}") from error
    if name == "lora":
        settings = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.05, target_modules=TARGETS)
        return _Peft(LoraModel(encoder, settings, "default"), adaptive=False)
    if name == "adalora":
        adaptive = AdaLoraConfig(
            init_r=rank + rank // 2, target_r=rank, lora_alpha=2 * rank, target_modules=TARGETS,
            tinit=steps // 10, tfinal=steps // 3, deltaT=10, total_step=max(steps, 10),
        )  # fmt: skip
        return _Peft(AdaLoraModel(encoder, adaptive, "default"), adaptive=True)
    raise ConfigError(f"method {name!r}: expected one of {', '.join(METHODS)}")
