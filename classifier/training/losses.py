"""The loss of each head over the examples that have a target for it."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from classifier.data.corpus import NOT_NEGATIVE
from classifier.data.sampling import Item, Plan
from classifier.network.model import TorchHeads, pool
from classifier.taxonomy import TOPIC_NAMES

ENTITY_ALONE = 0.3
"""How often a mention is trained on its own pieces' states alone."""


def cross(logits: Tensor, target: Tensor, smoothing: Tensor) -> Tensor:
    """Cross entropy a row, with label smoothing of its own (`smoothing`: by row, 0..1): sets are not labelled equally
    well. The same as torch's where all rows have one."""
    logs = logits.log_softmax(-1)
    right = logs.gather(-1, target[:, None]).squeeze(-1)
    return -(1 - smoothing) * right - smoothing * logs.mean(-1)


def towards(loss: Tensor, logits: Tensor, batch: list[Item], share: float) -> Tensor:
    """Return `loss` (rows,) with a share of it replaced by the cross entropy against each item's `reference`.

    Rows of items without a reference stay as they are (learning without forgetting, Li and Hoiem 2016).
    """
    found = [(r, item.reference) for r, item in enumerate(batch) if item.reference is not None]
    if not found or not share:
        return loss
    rows = [r for r, _ in found]
    wanted = _tensor(logits, np.stack([reference for _, reference in found])).float()
    other = -(wanted * logits[rows].log_softmax(-1)).sum(-1)
    return loss.index_copy(
        0, torch.tensor(rows, device=loss.device), (1 - share) * loss[rows] + share * other
    )


def _class_loss(
    logits: Tensor,
    target: Tensor,
    two: Tensor,
    smoothing: Tensor,
    batch: list[Item] | None = None,
    share: float = 0,
) -> Tensor:
    """Cross entropy where a class is known; -log(1 - p_negative) where only "not negative" is."""
    known = target != NOT_NEGATIVE
    total = logits.new_zeros(())
    if known.any():
        per = cross(logits[known], target[known], smoothing[known])
        if two.any():  # a set without neutral must not teach that neutral does not exist: half its weight
            pair = logits[known][:, [0, 2]]
            side = (target[known] == 2).long()
            forced = cross(pair, side, smoothing[known])
            per = torch.where(two[known], 0.5 * per + 0.5 * forced, per)
        if batch is not None:
            per = towards(per, logits[known], [batch[r] for r in known.nonzero().flatten().tolist()], share)
        total = total + per.sum()
    if (~known).any():
        p_negative = logits[~known].softmax(-1)[:, 0]
        total = total - torch.log1p(-p_negative.clamp(max=1 - 1e-4)).sum()
    return total / len(target)


def _tensor(like: Tensor, values: object) -> Tensor:
    """`values` as a tensor on the device of `like`."""
    return torch.tensor(values, device=like.device)


def losses(heads: TorchHeads, states: Tensor, batch: list[Item], plan: Plan) -> dict[str, Tensor]:
    """Return each head's mean loss over the examples that have a target for it."""
    lengths = [len(i.ids) for i in batch]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    states = states.float()
    pooled = pool(states, lengths)
    register = _tensor(states, [i.example.register for i in batch])
    out = {"register": F.cross_entropy(heads.register(pooled), register)}
    noise = _tensor(states, [plan.noise.get(i.example.set, plan.smoothing) for i in batch])
    rows = [r for r, i in enumerate(batch) if i.example.sentiment != -1]
    if rows:
        logits = heads.sentiment(pooled[rows], register[rows])
        target = _tensor(states, [batch[r].example.sentiment for r in rows])
        two = _tensor(states, [batch[r].example.two_class for r in rows])
        loss = _class_loss(logits, target, two, noise[rows], [batch[r] for r in rows], plan.anchor)
        out["sentiment"] = loss * len(rows) / len(batch)
    topic_state = heads.topic_state(pooled)
    rows = [r for r, i in enumerate(batch) if i.example.twitter >= 0]
    if rows:
        target = _tensor(states, [batch[r].example.twitter for r in rows])
        logits = heads.twitter_out(topic_state[rows])
        loss = cross(logits, target, noise[rows]).mean()
        out["twitter"] = loss * len(rows) / len(batch)
    rows = [r for r, i in enumerate(batch) if i.example.finnl is not None]
    if rows:
        many = _tensor(states, [batch[r].example.finnl for r in rows]).float()
        loss = F.binary_cross_entropy_with_logits(heads.finnl_out(topic_state[rows]), many)
        out["finnl"] = loss * len(rows) / len(batch)
    topics = _tensor(states, [i.example.topics for i in batch])
    known = topics >= 0
    if known.any():
        per = F.binary_cross_entropy_with_logits(
            heads.topics_out(topic_state), topics.clamp(min=0).float(), reduction="none"
        )
        out["topics"] = (per * known).sum() / (len(TOPIC_NAMES) * len(batch))
    mentions = [(r, s) for r, i in enumerate(batch) for s in i.spans]
    if mentions:
        span = torch.stack([states[starts[r] + a : starts[r] + b].mean(0) for r, (a, b, _) in mentions])
        at = _tensor(states, [r for r, _ in mentions])
        target = _tensor(states, [label for _, (_, _, label) in mentions])
        two = _tensor(states, [batch[r].example.two_class for r, _ in mentions])
        # Now and then without the text's own state: a mention must not merely echo its headline.
        kept = (
            (torch.rand(len(at), 1, device=states.device) >= ENTITY_ALONE).float() if heads.training else 1.0
        )
        logits = heads.entity(span, pooled[at] * kept, register[at])
        out["entity"] = _class_loss(logits, target, two, noise[at]) * len(mentions) / len(batch)
    signed = [(r, i.signature) for r, i in enumerate(batch) if i.signature is not None]
    if signed:
        rows = [r for r, _ in signed]
        wanted = torch.from_numpy(np.stack([s for _, s in signed])).to(states.device)
        near = F.cosine_similarity(heads.signature(pooled[rows]), wanted.float())
        out["signature"] = (1 - near).mean() * len(rows) / len(batch)
    return out
