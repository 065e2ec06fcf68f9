"""Loops over the steps of a text, and the arrays that they read and write."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

Tensors = list[tf.Tensor]

LONG_SIDE, SHORT_SIDE = 128, 32  # of the matrices that XLA multiplies in tiles


@dataclass(frozen=True)
class Reading:
    """How a loop reads its input, and what it returns.

    Args:
        sequences: whether it returns all outputs, before the states.
        backwards: whether it starts at the last step.
        matmul: multiplies two matrices.
    """

    sequences: bool = False
    backwards: bool = False
    matmul: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] = tf.matmul

    def order(self, array: tf.Tensor) -> range:
        """The numbers of an array's steps (steps, ...), in the order in which they are read."""
        steps = range(array.shape[0])
        return steps[::-1] if self.backwards else steps


def matmul_in_pieces(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """a b, where XLA makes one function of the loop around it (engine/backend.py).

    There, XLA multiplies in tiles where the result has at most 32 rows and 128 columns, or 128 and
    32, and sums have at most 128 terms; else number by number, which can take ten times as long.
    """
    rows = LONG_SIDE if b.shape[1] <= SHORT_SIDE else SHORT_SIDE
    return tf.concat(
        [
            tf.concat([_sum_of_products(row, column) for column in _pieces(b, 1, LONG_SIDE)], 1)
            for row in _pieces(a, 0, rows)
        ],
        0,
    )


def _sum_of_products(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    pairs = zip(_pieces(a, 1, LONG_SIDE), _pieces(b, 0, LONG_SIDE), strict=True)
    return tf.add_n([tf.matmul(left, right) for left, right in pairs])


def _pieces(matrix: tf.Tensor, axis: int, largest: int) -> Tensors:
    """About equal ones; the matrix itself while its size is unknown."""
    size = matrix.shape[axis] or 1
    n_pieces = -(-size // largest)
    width = SHORT_SIDE * -(-size // (SHORT_SIDE * n_pieces))
    sizes = [min(width, size - start) for start in range(0, size, width)]
    return [matrix] if len(sizes) == 1 else list(tf.split(matrix, sizes, axis))


def loop(body: Callable[..., Any], order: range, *carried: Any) -> Any:
    """Run `body(step, *carried)`, which returns what is carried on, for every step in order."""
    steps = len(order)

    def run(t: Any, *carried: Any) -> Any:
        return t + 1, *body(order.start + order.step * t, *carried)

    condition = lambda t, *_: t < steps  # noqa: E731
    _, *carried = tf.while_loop(condition, run, (0, *carried), maximum_iterations=steps)
    return carried


def write(array: tf.Tensor, step: tf.Tensor, content: tf.Tensor) -> tf.Tensor:
    """(steps, examples, width) with one step replaced by `content`, (examples, width)."""
    return keras.ops.slice_update(array, (step, 0, 0), content[None])


def unwritten(order: range, like: tf.Tensor, content: tf.Tensor) -> tf.Tensor:
    """An array for a loop that writes every step of it, float32 (steps, *shape of `like`).

    Args:
        content: any number, float32 (), of its own for each array. Of arrays of the same number, as
            of zeros, XLA makes one and copies it, which takes as long as several steps.
    """
    return tf.fill((len(order), *tf.unstack(tf.shape(like))), content)


def plus(dh: tf.Tensor, of_outputs: tf.Tensor | None, step: tf.Tensor) -> tf.Tensor:
    """The gradient of a state, where its step may be an output too.

    Args:
        dh: from later steps, float32 (examples, units).
        of_outputs: of all outputs, float32 (steps, examples, units); None where none is read.
    """
    return dh if of_outputs is None else dh + of_outputs[step]


def results(outputs: tf.Tensor, states: Tensors, reading: Reading) -> Tensors:
    """A loop's results: the states after the last step, behind all outputs if they are read."""
    return [outputs, *states] if reading.sequences else states


def of_outputs(gradients: tuple[tf.Tensor, ...], reading: Reading) -> tuple[tf.Tensor | None, ...]:
    """The gradients of `results`: of the outputs, or None, then of the states."""
    return gradients if reading.sequences else (None, *gradients)


def after_each(before: tf.Tensor, last: tf.Tensor, order: range) -> tf.Tensor:
    """The states after each step, float32 (steps, examples, units), from those before each."""
    parts = [before[1:], last[None]] if order.step > 0 else [last[None], before[:-1]]
    return tf.concat(parts, 0)


def before_each(after: tf.Tensor, first: tf.Tensor, order: range) -> tf.Tensor:
    """The states before each step, float32 (steps, examples, units), from those after each."""
    return after_each(after, first, order[::-1])


def sum_of_outer_products(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """float32 (units of a, units of b), summed over all steps and examples."""
    a, b = (tf.reshape(array, (-1, array.shape[-1])) for array in (a, b))
    return tf.matmul(a, b, transpose_a=True)


def infer(
    step_of: Callable[..., Tensors], z: tf.Tensor, states: Tensors, reading: Reading
) -> Tensors:
    """The results of a loop without gradient, which carries no more than it needs.

    Args:
        step_of: from a step's input, float32 (examples, width), and states to the next states.
        z: inputs, float32 (steps, examples, width).
    """
    n_states = len(states)

    def forward(step: Any, *carried: Any) -> Any:
        after = step_of(z[step], *carried[:n_states])
        return *after, *(write(array, step, after[0]) for array in carried[n_states:])

    shape = (z.shape[0], *tf.unstack(tf.shape(states[0])))
    outputs = [tf.zeros(shape)] if reading.sequences else []
    carried = loop(forward, reading.order(z), *states, *outputs)
    return [*carried[n_states:], *carried[:n_states]]
