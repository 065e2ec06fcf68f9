"""The order of training rows in an epoch, and their blocks."""

import numpy as np

PAD = -1  # the row number of an empty place


def row_order(rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """The order of an epoch's rows, which depends on seed and epoch (from 0) alone."""
    return np.random.default_rng([seed, epoch]).permutation(rows)


def longest_first(rows: np.ndarray, lengths: np.ndarray, batch_size: int) -> np.ndarray:
    """The same batches, each with its longest rows first.

    Args:
        lengths: int32 (examples,), by row number.
    """
    batch = np.arange(len(rows)) // batch_size
    return rows[np.lexsort((-lengths[rows], batch))]


def blocks_of(rows: np.ndarray, batch_size: int, batches: int) -> np.ndarray:
    """Row numbers as int32 (blocks, batches, batch_size), padded with -1."""
    n_blocks = -(-len(rows) // (batch_size * batches))
    blocks = np.full((n_blocks, batches, batch_size), PAD, np.int32)
    blocks.reshape(-1)[: len(rows)] = rows
    return blocks
