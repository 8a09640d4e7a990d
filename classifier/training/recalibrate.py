"""Fit the calibration of packed weights again, on dev; the tensors stay as they are. Needs no torch.

python -m classifier.training.recalibrate --weights DIR [--data ../shared/data]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from classifier.data import corpus
from classifier.data.corpus import Example
from classifier.network import packed
from classifier.scoring.engine import Engine
from classifier.scoring.predict import predict
from classifier.training.packing import calibrate


def run(folder: Path, examples: list[Example]) -> str:
    """Write the folder's config with a calibration fitted on the dev side of `examples`; return the new version."""
    engine = Engine.load(folder)
    dev = [e for e in examples if e.side == "dev"]
    outputs = predict(engine.tokens, engine.encoder, engine.heads, dev, np.array([e.register for e in dev]))
    return packed.seal(folder, {**engine.config, "calibration": calibrate.fit(dev, outputs)})


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--weights", type=Path, required=True, help="packed weights; their config.json is rewritten"
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    examples = corpus.load(given.data)
    sys.stdout.write(f"{run(given.weights, examples)}\n")


if __name__ == "__main__":
    main()
