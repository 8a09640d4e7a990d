"""What a step found is put aside as cheaply as it can be, and is what a dump before the step would have given."""

from __future__ import annotations

import random

import pytest

from alerts.baselines.counts import Baseline
from alerts.detectors.means import Means
from alerts.testing import START
from core.times import HOUR

SERIES = ("topic:energy", "entity:US:AAPL", "entity:CN:600519", "all@zh")


@pytest.mark.parametrize("memory_hours", [1.0, 300.0])  # 1 h: weights are scaled back every few days
@pytest.mark.parametrize("kind", [Baseline, Means])
def test_prior_is_the_dump_of_before(kind: type[Baseline | Means], memory_hours: float) -> None:
    memory = kind(3 * HOUR, memory_hours)
    draw = random.Random(5)
    at, turns = START // HOUR * HOUR, set()
    for _ in range(600):
        at += HOUR * draw.choice((1, 1, 2, 5, 30))
        series = draw.choice(SERIES)
        market = memory.market(series)
        before = {name: memory.dump(name) for name in ("", *memory.states)}
        memory.begin_step()
        if draw.random() < 0.3:
            memory.mark_unusual(series, market, at)
        n = draw.randint(1, 9)
        if isinstance(memory, Baseline):
            memory.learn(series, market, at - HOUR, at, float(n), n)
        else:
            memory.learn(series, memory.market(series), at - HOUR, at, n, n / 2, n / 3, 1.0)
        turns.add(market.generation)
        prior = memory.prior(series)
        assert prior == {name: state for name, state in before.items() if name in ("", series)}
    assert (len(turns) > 3) == (memory_hours == 1.0)
