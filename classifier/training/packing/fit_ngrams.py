"""Fits the linear n-gram heads on train and their mix on dev. Needs scikit-learn (the extra train has it)."""

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifier.data.corpus import Example
from classifier.network.packed import pack8
from classifier.scoring.heads import softmax
from classifier.scoring.ngrams import SLOTS, slots
from classifier.taxonomy import REGISTERS

MIXES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
GAIN = 0.003
"""A head that lifts dev's accuracy by less than this is left out: it would be noise."""
CLASSES = (0, 1, 2)
STRENGTH = 3.0


def features(ids: list[list[int]]) -> csr_matrix:
    """Rows of unit length over the hashed slots."""
    found = [slots(one) for one in ids]
    ends = np.cumsum([0, *(len(f) for f in found)])
    values = np.concatenate([np.full(len(f), 1 / np.sqrt(max(1, len(f)))) for f in found])
    return csr_matrix((values, np.concatenate(found), ends), shape=(len(ids), SLOTS))


def fit(
    examples: list[Example],
    ids: list[list[int]],
    dev_logits: np.ndarray,
    dev: list[Example],
    dev_ids: list[list[int]],
) -> dict[str, np.ndarray]:
    """Return the tensors `ngrams.*`. `examples`, `ids`: the training side; `dev_logits` (dev, 3): the encoder's."""
    out: dict[str, np.ndarray] = {}
    for place, register in enumerate(REGISTERS):
        train = [
            i
            for i, e in enumerate(examples)
            if e.register == place and e.sentiment in CLASSES and e.set != "finnsp"
        ]
        held = [
            i
            for i, e in enumerate(dev)
            if e.register == place and e.sentiment in CLASSES and e.set != "finnsp"
        ]
        truth = np.array([dev[i].sentiment for i in held])
        labels = np.array([examples[i].sentiment for i in train])
        if len(held) < 100 or len(set(labels.tolist())) < 3:
            continue
        model = LogisticRegression(C=STRENGTH, max_iter=300, fit_intercept=False).fit(
            features([ids[i] for i in train]), labels
        )
        weight, scale = pack8(model.coef_.astype(np.float32))
        linear = features([dev_ids[i] for i in held]) @ (weight * scale[:, None]).T
        base = np.log(np.maximum(softmax(dev_logits[held]), 1e-6))
        right = {m: float(((base + m * linear).argmax(1) == truth).mean()) for m in MIXES}
        # Neighbouring mixes vote together: the best single one may be luck.
        smooth = {m: np.mean([right[k] for k in MIXES if abs(k - m) <= 0.11]) for m in MIXES}
        best = max(MIXES, key=lambda m: (smooth[m], -m))
        if right[best] < right[0.0] + GAIN:
            continue
        name = f"ngrams.{register}"
        out |= {f"{name}.weight": weight, f"{name}.scale": scale, f"{name}.mix": np.array([best], np.float32)}
    return out
