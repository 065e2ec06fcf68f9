"""Loops over steps, and the products in them, which XLA computes by tiles (engine/backend.py)."""

import math
from functools import partial

import numpy as np
import pytest
import tensorflow as tf

from textclf.training.engine import steps
from textclf.training.engine.steps import Tensors, loop, matmul_in_pieces

EXAMPLES, UNITS = 32, 7
WIDTHS = (5, 24, 46, 80, 104, 128)  # the last alone fills XLA's tiles


def test_products_in_a_loop_are_right_for_any_width() -> None:
    rng = np.random.default_rng(0)
    h = rng.standard_normal((EXAMPLES, UNITS), np.float32)
    there = [rng.standard_normal((UNITS, width), np.float32) for width in WIDTHS]
    back = [rng.standard_normal((width, UNITS), np.float32) for width in WIDTHS]
    for a, b, result in zip(there, back, _after_two_steps(h, there, back), strict=True):
        expected = h.astype(np.float64) @ a @ b @ a @ b
        np.testing.assert_allclose(result, expected, atol=1e-5 * abs(expected).max())


@pytest.mark.parametrize("shape", [(1, 7, 128), (129, 32, 400), (300, 257, 5), (64, 64, 33)])
def test_large_matrices_are_multiplied_in_pieces(
    shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, inner, columns = shape
    rng = np.random.default_rng(0)
    a = rng.standard_normal((rows, inner), np.float32)
    b = rng.standard_normal((inner, columns), np.float32)
    matmul, pieces = tf.matmul, []

    def noted(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
        pieces.append((left.shape[0], right.shape[1], left.shape[1]))
        return matmul(left, right)

    monkeypatch.setattr(steps.tf, "matmul", noted)
    np.testing.assert_allclose(
        matmul_in_pieces(tf.constant(a), tf.constant(b)), a @ b, rtol=1e-4, atol=1e-4
    )
    assert all(max(piece) <= 128 and min(piece[:2]) <= 32 for piece in pieces)
    assert sum(map(math.prod, pieces)) == math.prod(shape)


@tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
def _after_two_steps(h: tf.Tensor, there: Tensors, back: Tensors) -> Tensors:
    """h (examples, units) after two steps of h = h there back, for each pair."""
    step = lambda a, b, _, h: [tf.matmul(tf.matmul(h, a), b)]  # noqa: E731
    pairs = zip(there, back, strict=True)
    return [loop(partial(step, a, b), range(2), h)[0] for a, b in pairs]
