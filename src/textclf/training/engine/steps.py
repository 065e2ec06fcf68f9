"""Loops over the steps of a text, and the arrays that they read and write."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

Tensors = list[tf.Tensor]


def order_of(sequences: tf.Tensor, backwards: bool) -> range:
    """The numbers of the steps, in the order in which a loop reads sequences (steps, ...)."""
    steps = range(sequences.shape[0])
    return steps[::-1] if backwards else steps


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


def results(outputs: tf.Tensor, states: Tensors, sequences: bool) -> Tensors:
    """A loop's results: the states after the last step, behind all outputs if they are read."""
    return [outputs, *states] if sequences else states


def of_outputs(gradients: tuple[tf.Tensor, ...], sequences: bool) -> tuple[tf.Tensor | None, ...]:
    """The gradients of `results`: of the outputs, or None, then of the states."""
    return gradients if sequences else (None, *gradients)


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
    step_of: Callable[..., Tensors],
    z: tf.Tensor,
    states: Tensors,
    sequences: bool,
    backwards: bool,
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
    outputs = [tf.zeros(shape)] if sequences else []
    carried = loop(forward, order_of(z, backwards), *states, *outputs)
    return [*carried[n_states:], *carried[:n_states]]
