"""How several processes share the batches of a run. Needs no torch."""

import pytest

from classifier.data.sampling import share


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("batches", [8, 9, 11])
def test_every_process_takes_as_many_steps_and_no_batch_is_left_out(batches: int, count: int) -> None:
    order = list(range(batches))
    shares = [share(order, rank, count) for rank in range(count)]
    assert len({len(one) for one in shares}) == 1
    assert {batch for one in shares for batch in one} == set(order)
    assert sum(map(len, shares)) - batches < count
