"""Soft targets beside labels. Needs the extra `train`."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (extra train)")
import torch

from classifier.data.corpus import Example
from classifier.data.sampling import Item
from classifier.training.losses import towards


def _item(reference: list[float] | None) -> Item:
    wanted = None if reference is None else np.array(reference, np.float32)
    return Item(Example("phrasebank", "text", 0, "en", 2), [0, 1], [], reference=wanted)


def test_a_share_of_the_loss_follows_the_reference() -> None:
    logits = torch.log(torch.tensor([[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]]))
    loss = torch.tensor([1.0, 1.0])
    found = towards(loss, logits, [_item(None), _item([1.0, 0.0, 0.0])], 0.25)
    assert found.tolist() == pytest.approx([1.0, 0.75 - 0.25 * np.log(0.2)], abs=1e-5)


@pytest.mark.parametrize(("reference", "share"), [(None, 0.5), ([1.0, 0.0, 0.0], 0.0)])
def test_without_reference_or_share_the_loss_stays(reference: list[float] | None, share: float) -> None:
    loss = torch.tensor([1.5])
    assert towards(loss, torch.zeros(1, 3), [_item(reference)], share) is loss
