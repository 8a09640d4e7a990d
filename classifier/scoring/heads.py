"""The heads in numpy, float32: their cost is negligible beside the encoder's.

Weights are named `heads.NAME.weight` (out, in) and `heads.NAME.bias`, as classifier/network/model.py trains them;
int8 ones have a `heads.NAME.scale` (out,).
"""

import numpy as np

from classifier.scoring.ngrams import NGrams
from classifier.taxonomy import REGISTERS

_SQRT_HALF = np.float32(0.7071067811865476)


def erf(x: np.ndarray) -> np.ndarray:
    """The error function, elementwise: Abramowitz and Stegun 7.1.26 (absolute error below 1.5e-7)."""
    sign, x = np.sign(x), np.abs(x)
    t = 1 / (1 + 0.3275911 * x)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    out: np.ndarray = sign * (1 - poly * np.exp(-x * x))
    return out


def gelu(x: np.ndarray) -> np.ndarray:
    """The exact GELU, as torch computes it by default."""
    out: np.ndarray = 0.5 * x * (1 + erf(x * _SQRT_HALF))
    return out


def softmax(logits: np.ndarray) -> np.ndarray:
    """Softmax along the last axis."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    out: np.ndarray = shifted / shifted.sum(-1, keepdims=True)
    return out


def sigmoid(x: np.ndarray) -> np.ndarray:
    """The logistic function, elementwise, without overflow."""
    out: np.ndarray = 0.5 * (1 + np.tanh(0.5 * x))
    return out


class Heads:
    """All heads, over pooled states (rows, width)."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self._w = {
            name.removeprefix("heads."): value.astype(np.float32)
            for name, value in tensors.items()
            if name.startswith("heads.")
        }
        for name in [n for n in self._w if n.endswith(".scale")]:  # hidden layers are stored in int8
            self._w[name.replace(".scale", ".weight")] *= self._w.pop(name)[:, None]
        self.ngrams = NGrams(tensors)

    @property
    def width(self) -> int:
        """Width of a pooled state."""
        return int(self._w["register.weight"].shape[1])

    def weights(self) -> dict[str, np.ndarray]:
        """All weights in float32, by their names in classifier/network/model.py (to resume training)."""
        return dict(self._w)

    def _linear(self, name: str, x: np.ndarray) -> np.ndarray:
        out: np.ndarray = x @ self._w[f"{name}.weight"].T + self._w[f"{name}.bias"]
        return out

    def register(self, pooled: np.ndarray) -> np.ndarray:
        """Probabilities of news, social, forum (rows, 3)."""
        return softmax(self._linear("register", pooled))

    def sentiment(self, pooled: np.ndarray, register: np.ndarray) -> np.ndarray:
        """Logits (rows, 3) under each row's register (rows,), an index into REGISTERS."""
        assert len(self._w["by_register.weight"]) == len(REGISTERS)
        hidden = self._linear("sentiment_in", pooled) + self._w["by_register.weight"][register]
        return self._linear("sentiment_out", gelu(hidden))

    def topic_state(self, pooled: np.ndarray) -> np.ndarray:
        """The topic heads' shared hidden layer (rows, width)."""
        out: np.ndarray = pooled + gelu(self._linear("topics_in", pooled))
        return out

    def topics(self, pooled: np.ndarray) -> np.ndarray:
        """Logits (rows, 19), TOPIC_NAMES order."""
        return self._linear("topics_out", self.topic_state(pooled))

    def native(self, pooled: np.ndarray, name: str) -> np.ndarray:
        """Logits of a data set's own labels: `twitter` (rows, 20) or `finnl` (rows, 16); for evaluation."""
        return self._linear(f"{name}_out", self.topic_state(pooled))

    def entity(self, span: np.ndarray, pooled: np.ndarray, register: np.ndarray) -> np.ndarray:
        """Logits (mentions, 3) of the sentiment towards each mention."""
        hidden = self._linear("entity_in", np.concatenate([span, pooled], -1))
        return self._linear("entity_out", gelu(hidden + self._w["by_register.weight"][register]))

    def signature(self, pooled: np.ndarray) -> np.ndarray:
        """Real-valued signature (rows, bits); its signs are the bits."""
        return self._linear("signature", pooled)
