"""Loops over steps, and the products in them, which XLA computes by tiles (engine/backend.py)."""

from functools import partial

import numpy as np
import tensorflow as tf

from textclf.training.engine.steps import Tensors, loop

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


@tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
def _after_two_steps(h: tf.Tensor, there: Tensors, back: Tensors) -> Tensors:
    """h (examples, units) after two steps of h = h there back, for each pair."""
    step = lambda a, b, _, h: [tf.matmul(tf.matmul(h, a), b)]  # noqa: E731
    pairs = zip(there, back, strict=True)
    return [loop(partial(step, a, b), range(2), h)[0] for a, b in pairs]
