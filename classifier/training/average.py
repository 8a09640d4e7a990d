"""A running mean of the weights (Polyak averaging): steadier than the last step's, at no cost when scoring."""

import torch
from torch import Tensor, nn

EVERY = 8
"""Steps between two samples."""
DECAY = 0.992
"""Of the mean, per sample: it looks about 1,000 steps back."""
EARLY = 0.9
"""The same in the first tenth, so that the mean leaves the start behind."""


class Average:
    """Exponential mean of everything in `modules` that is trained."""

    def __init__(self, *modules: nn.Module) -> None:
        self._parts = [p for module in modules for p in module.parameters() if p.requires_grad]
        self.means = [p.detach().clone() for p in self._parts]

    @torch.no_grad()
    def sample(self, step: int, progress: float) -> None:
        """Take the weights of this step in, where it is one to take."""
        if step % EVERY == 0:
            decay = DECAY if progress > 0.1 else EARLY
            torch._foreach_lerp_(self.means, [p.detach() for p in self._parts], 1 - decay)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the weights and their means; twice is as if never."""
        for p, mean in zip(self._parts, self.means, strict=True):
            kept = p.detach().clone()
            p.copy_(mean)
            mean.copy_(kept)

    def load(self, means: list[Tensor]) -> None:
        """Go on from a checkpoint's means."""
        self.means = means
