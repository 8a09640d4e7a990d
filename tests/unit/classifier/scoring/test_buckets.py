"""Batches hold every text once, within the budget, whatever the lengths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.scoring.buckets import buckets

LENGTHS = st.lists(st.integers(1, 200), max_size=300)


@given(LENGTHS, st.integers(1, 2_048), st.sampled_from([1, 8, 16]))
def test_every_text_is_in_exactly_one_batch(lengths: list[int], budget: int, step: int) -> None:
    rows = [i for b in buckets(lengths, budget, step) for i in b.rows]
    assert sorted(rows) == list(range(len(lengths)))


@given(LENGTHS, st.integers(1, 2_048), st.sampled_from([1, 8, 16]))
def test_no_batch_is_over_the_budget_unless_it_is_one_text(
    lengths: list[int], budget: int, step: int
) -> None:
    for b in buckets(lengths, budget, step):
        assert len(b.rows) == 1 or len(b.rows) * b.length <= budget
        assert all(lengths[i] <= b.length for i in b.rows)
        assert b.length % step == 0


@given(LENGTHS)
def test_the_longest_come_first(lengths: list[int]) -> None:
    order = [b.length for b in buckets(lengths)]
    assert order == sorted(order, reverse=True)


def test_sorting_leaves_little_padding() -> None:
    lengths = [8 + (i * 37) % 90 for i in range(2_000)]
    padded = sum(len(batch.rows) * batch.length for batch in buckets(lengths))
    assert 1 - sum(lengths) / padded < 0.10


def test_a_text_without_pieces_is_a_bug() -> None:
    with pytest.raises(ValueError, match="at least one"):
        buckets([3, 0])
