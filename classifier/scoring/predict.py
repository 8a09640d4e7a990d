"""The engine's raw outputs on labelled examples: what evaluation and calibration both need."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from classifier.backends.base import Backend
from classifier.reading.tokenizer import ChunkTokenizer
from classifier.scoring.encode import encode
from classifier.scoring.heads import Heads
from classifier.scoring.mentions import mention_logits


class LabelledText(Protocol):
    """The part of data.corpus.Example that is read."""

    text: str
    spans: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Outputs:
    """Logits per text, and per mention where its piece was read. `seconds`: tokenising and encoding."""

    pooled: np.ndarray
    register: np.ndarray
    sentiment: np.ndarray
    topics: np.ndarray
    twitter: np.ndarray
    finnl: np.ndarray
    signature: np.ndarray
    mentions: list[tuple[int, int, np.ndarray]]
    seconds: float


def predict(
    tokens: ChunkTokenizer,
    backend: Backend,
    heads: Heads,
    examples: Sequence[LabelledText],
    register: np.ndarray | None = None,
) -> Outputs:
    """Run the examples' texts as the engine would; `register` None: detected.

    `mentions` holds (text, span, logits (3,)). Blocks.
    """
    began = time.perf_counter()
    surfaces = [[e.text[a:b] for a, b, _ in e.spans] for e in examples]
    chunks = tokens.chunks([e.text for e in examples], surfaces)
    width = heads.width
    states = encode(backend, chunks, len(examples), width)
    seconds = time.perf_counter() - began
    pooled = states.pooled
    detected = heads.register(pooled)
    use = detected.argmax(1) if register is None else register
    mentions = [(t, k, row) for (t, k), row in mention_logits(heads, states, use).items()]
    return Outputs(
        pooled,
        detected,
        heads.sentiment(pooled, use) + heads.ngrams.logits([w.ids for w in chunks if w.lead], use),
        heads.topics(pooled),
        heads.native(pooled, "twitter"),
        heads.native(pooled, "finnl"),
        heads.signature(pooled),
        mentions,
        seconds,
    )
