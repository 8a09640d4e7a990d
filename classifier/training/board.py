"""Where a run's curves go: TensorBoard always, Weights & Biases where the recipe names a project."""

from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from classifier.training.recipe import Recipe
from core.errors import ConfigError


class Board:
    """Takes scalars by step."""

    def __init__(self, out: Path, recipe: Recipe) -> None:
        self._writer = SummaryWriter(str(out / "tensorboard"))
        self._step = 0
        self._wandb: Any = None
        if recipe.wandb_project:
            try:
                import wandb
            except ImportError as error:
                raise ConfigError("wandb_project is set, but wandb is not installed") from error
            self._wandb = wandb.init(project=recipe.wandb_project, config=recipe.model_dump(mode="json"))

    def write(self, step: int | None, values: dict[str, float]) -> None:
        """Record values at a step (None: the last one)."""
        self._step = step if step is not None else self._step
        for name, value in values.items():
            self._writer.add_scalar(name, value, self._step)
        if self._wandb is not None:
            self._wandb.log(values, step=self._step)

    def close(self) -> None:
        """Flush."""
        self._writer.close()
        if self._wandb is not None:
            self._wandb.finish()
