"""What the signature head must learn: the untouched base encoder's embedding, whitened per language.

The base encoder finds translations; fine-tuning for labels would lose that. Its cosines are squeezed into
0.75-0.9 and each language has its own mean, so we take the mean away per language, keep the leading
directions and give each unit variance: then sign bits are near-independent and languages are comparable.
"""

import numpy as np
import torch

from classifier.network.model import SIGNATURE_BITS, Encoder, pool


@torch.no_grad()
def embed(encoder: Encoder, ids: list[list[int]], batch_tokens: int = 4096) -> np.ndarray:
    """Return the encoder's mean-pooled, L2-normed embeddings, float32 (texts, width)."""
    encoder.eval()
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    out = np.zeros((len(ids), encoder.word.weight.shape[1]), np.float32)
    at = 0
    while at < len(order):
        batch: list[int] = []
        size = 0
        while at < len(order) and (not batch or size + len(ids[order[at]]) <= batch_tokens):
            batch.append(order[at])
            size += len(ids[order[at]])
            at += 1
        flat = torch.tensor([i for b in batch for i in ids[b]])
        lengths = [len(ids[b]) for b in batch]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = encoder(flat, lengths)
        vectors = pool(states, lengths)
        out[batch] = torch.nn.functional.normalize(vectors, dim=-1).numpy()
    return out


def whitening(
    vectors: np.ndarray, languages: list[str], bits: int = SIGNATURE_BITS
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return ({language: mean (width,)}, projection (width, bits)) fitted to `vectors`.

    A fixed random rotation follows the whitening, so that no bit carries more than another.
    """
    means = {lang: vectors[[x == lang for x in languages]].mean(0) for lang in sorted(set(languages))}
    centred = vectors - np.stack([means[lang] for lang in languages])
    values, directions = np.linalg.eigh(np.cov(centred.T))
    lead = np.argsort(values)[::-1][:bits]
    # Half-whitened: full whitening would lift the noise of the weak directions to the strong ones' level.
    projection = directions[:, lead] / values[lead] ** 0.25
    rotation, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(bits, bits)))
    return means, (projection @ rotation).astype(np.float32)


def targets(
    vectors: np.ndarray, languages: list[str], fit: tuple[dict[str, np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return unit vectors (texts, bits) for the signature head to follow."""
    means, projection = fit
    out = (vectors - np.stack([means[lang] for lang in languages])) @ projection
    normed: np.ndarray = (out / np.linalg.norm(out, axis=1, keepdims=True)).astype(np.float32)
    return normed


def fit_head(pooled: np.ndarray, wanted: np.ndarray, ridge: float = 30.0) -> tuple[np.ndarray, np.ndarray]:
    """Return (weight (bits, width), bias (bits,)) of the linear map from served states to targets.

    Ridge regression over standardised states, in closed form: nearer to the teacher than the head that was
    trained along (docs/model-log.md), and fitted to the packed int8 model's own states.
    """
    mean, spread = pooled.mean(0), pooled.std(0) + 1e-4
    x = np.c_[(pooled - mean) / spread, np.ones(len(pooled))].astype(np.float64)
    both = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ (10.0 * wanted))
    weight = both[:-1].T / spread
    return weight.astype(np.float32), (both[-1] - weight @ mean).astype(np.float32)
