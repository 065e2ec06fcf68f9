"""The order of rows, and the blocks they are handed over in."""

import numpy as np
import pytest

from textclf.training.engine.order import blocks_of, longest_first, row_order

ROWS = np.arange(100, 150)


def test_order_is_a_permutation_of_the_rows() -> None:
    order = row_order(ROWS, seed=42, epoch=0)
    assert sorted(order) == ROWS.tolist()
    assert order.tolist() != ROWS.tolist()
    assert ROWS[0] == 100  # not shuffled in place


def test_order_depends_on_seed_and_epoch_alone() -> None:
    before = row_order(ROWS, 42, 3)
    np.random.seed(0)
    row_order(ROWS, 1, 1)
    np.testing.assert_array_equal(row_order(ROWS, 42, 3), before)
    others = [row_order(ROWS, *pair).tolist() for pair in ((42, 3), (42, 4), (43, 3), (3, 42))]
    assert all(others.count(order) == 1 for order in others)


@pytest.mark.parametrize(
    ("rows", "batch_size", "batches", "blocks"),
    [
        ([5, 6, 7, 8], 2, 2, [[[5, 6], [7, 8]]]),
        ([5, 6, 7], 2, 2, [[[5, 6], [7, -1]]]),
        ([5, 6, 7, 8, 9], 2, 2, [[[5, 6], [7, 8]], [[9, -1], [-1, -1]]]),
        ([5], 3, 1, [[[5, -1, -1]]]),
    ],
)
def test_blocks_are_filled_up(rows: list[int], batch_size: int, batches: int, blocks: list) -> None:
    filled = blocks_of(np.array(rows), batch_size, batches)
    assert filled.tolist() == blocks
    assert filled.dtype == np.int32


def test_longest_rows_come_first_within_each_batch() -> None:
    lengths = np.array([0, 10, 20, 30, 20, 50])
    ordered = longest_first(np.array([1, 5, 2, 4, 3]), lengths, batch_size=3)
    assert ordered.tolist() == [5, 2, 1, 3, 4]
